package sqldb

import "slices"

// inForce is the owner of a place by the rules in force, else of its service by the
// scope; empty when nobody owns it. All rows of a
// service have the same.
const inForce = `COALESCE((SELECT o.owner FROM place_owner o WHERE o.place = place.id), (SELECT MIN(s.owner) FROM scope_service s WHERE s.service = place.service), '')`

// OwnAll writes on every place the owner in force, as a new scope has it.
func OwnAll(t *Tx) error {
	_, err := t.Exec(`UPDATE place SET owner = ` + inForce + ` WHERE owner <> ` + inForce)
	return err
}

// Own writes on these places the owner in force.
func Own(t *Tx, places []int64) error {
	for part := range slices.Chunk(places, Chunk) {
		if _, err := t.Exec(`UPDATE place SET owner = `+inForce+` WHERE id IN `+Tuples(1, len(part))+` AND owner <> `+inForce, Anys(part)...); err != nil {
			return err
		}
	}
	return nil
}
