package part

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

const typeModel = "machine-learning-model"

// component is what is looked at of a component: whether it is a model or data.
type component struct {
	Ref        string       `json:"bom-ref"`
	Type       string       `json:"type"`
	Group      string       `json:"group"`
	Name       string       `json:"name"`
	Version    string       `json:"version"`
	Publisher  string       `json:"publisher"`
	Supplier   organization `json:"supplier"`
	Purl       string       `json:"purl"`
	Hashes     []hash       `json:"hashes"`
	Licenses   []license    `json:"licenses"`
	Card       *modelCard   `json:"modelCard"`
	Data       []dataset    `json:"data"`
	Components []component  `json:"components"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type license struct {
	Expression string `json:"expression"`
	License    struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"license"`
}

// modelCard is CycloneDX's.
type modelCard struct {
	Parameters struct {
		Approach struct {
			Type string `json:"type"`
		} `json:"approach"`
		Task         string    `json:"task"`
		Family       string    `json:"architectureFamily"`
		Architecture string    `json:"modelArchitecture"`
		Datasets     []dataset `json:"datasets"`
		Inputs       []format  `json:"inputs"`
		Outputs      []format  `json:"outputs"`
	} `json:"modelParameters"`
	Analysis struct {
		Metrics []struct {
			Type  string          `json:"type"`
			Value json.RawMessage `json:"value"`
			Slice string          `json:"slice"`
		} `json:"performanceMetrics"`
	} `json:"quantitativeAnalysis"`
	Considerations struct {
		Users       many `json:"users"`
		UseCases    many `json:"useCases"`
		Limitations many `json:"technicalLimitations"`
		Ethics      []struct {
			Name string `json:"name"`
		} `json:"ethicalConsiderations"`
	} `json:"considerations"`
}

type format struct {
	Format string `json:"format"`
}

// dataset is data that a component holds, or a reference to it.
type dataset struct {
	Ref      string `json:"bom-ref"`
	To       string `json:"ref"`
	Type     string `json:"type"`
	Name     string `json:"name"`
	Contents struct {
		URL string `json:"url"`
	} `json:"contents"`
	Class       string `json:"classification"`
	Sensitive   many   `json:"sensitiveData"`
	Description string `json:"description"`
	Governance  struct {
		Custodians []responsible `json:"custodians"`
		Owners     []responsible `json:"owners"`
	} `json:"governance"`
}

type responsible struct {
	Organization organization `json:"organization"`
	Contact      organization `json:"contact"`
}

// models adds all models and data sets of the document.
func (b *bom) models() error {
	all := flatten(nil, append([]component{b.doc.Metadata.Component}, b.doc.Components...))
	sets := map[string]string{} // name of a data set by bom-ref
	for _, c := range all {
		if c.Type != "data" {
			continue
		}
		name := twin.VersionedName(clean(c.title()), clean(c.Version))
		if len(c.Data) == 0 {
			c.Data = []dataset{{Type: "dataset"}}
		}
		d := c.Data[0].spec()
		d.Title, d.Version = clean(c.title()), clean(c.Version)
		if err := b.thing(twin.KindDataset, name, d); err != nil {
			return err
		}
		sets[c.Ref] = name
		for _, data := range c.Data {
			sets[data.Ref] = name
		}
	}
	for _, c := range all {
		if c.Type == typeModel || c.Card != nil {
			if err := b.model(c, sets); err != nil {
				return err
			}
		}
	}
	return nil
}

func flatten(out []*component, list []component) []*component {
	for i := range list {
		out = append(out, &list[i])
		out = flatten(out, list[i].Components)
	}
	return out
}

func (c *component) title() string {
	if c.Group != "" {
		return c.Group + "/" + c.Name
	}
	return c.Name
}

// model adds a model with the data sets that it was made with.
func (b *bom) model(c *component, sets map[string]string) error {
	m := twin.Model{
		Title: clean(c.title()), Version: clean(c.Version), Provider: clean(cmp.Or(c.Supplier.Name, c.Publisher)), Purl: clean(c.Purl),
		Hash: c.hash(), Licenses: c.licenses(),
	}
	var links []twin.Link
	if c.Card != nil {
		c.Card.fill(&m)
		var err error
		if links, err = b.trained(&m, c.Card, sets); err != nil {
			return err
		}
	}
	m.SensitiveData = twin.Sorted(m.SensitiveData)
	name := twin.VersionedName(m.Title, m.Version)
	if b.uses() {
		b.flow(twin.Flow{From: b.workload(cmp.Or(clean(b.in.Service), b.subject)), To: twin.End{Kind: twin.KindModel, Name: name}, Where: []string{"component"}})
	}
	return b.thing(twin.KindModel, name, m, links...)
}

// trained adds the data sets of a model card, and says which they are.
func (b *bom) trained(m *twin.Model, card *modelCard, sets map[string]string) (links []twin.Link, err error) {
	list := card.Parameters.Datasets
	for _, d := range list[:min(len(list), maxList)] {
		name := sets[d.To]
		if d.To == "" {
			name = clean(cmp.Or(d.Name, d.Contents.URL))
			if err := b.thing(twin.KindDataset, name, d.spec()); err != nil {
				return nil, err
			}
		}
		if name != "" {
			links = append(links, twin.Link{Rel: twin.RelReads, To: twin.End{Kind: twin.KindDataset, Name: name}})
		}
		m.SensitiveData = append(m.SensitiveData, cleaned(d.Sensitive)...)
	}
	return links, nil
}

// uses reports whether the subject is something that holds models, not a model.
func (b *bom) uses() bool {
	root := &b.doc.Metadata.Component
	return b.in.Service != "" || b.subject != "" && root.Type != typeModel && root.Type != "data"
}

func (c *component) hash() string {
	for _, want := range []string{"SHA-256", "SHA-512", ""} {
		for _, h := range c.Hashes {
			if h.Algorithm == want || want == "" {
				return clean(h.Algorithm + ":" + strings.ToLower(h.Content))
			}
		}
	}
	return ""
}

func (c *component) licenses() []string {
	var out []string
	for _, l := range c.Licenses[:min(len(c.Licenses), maxList)] {
		out = append(out, clean(cmp.Or(l.Expression, l.License.ID, l.License.Name)))
	}
	return twin.Sorted(out)
}

func (card *modelCard) fill(m *twin.Model) {
	p, says := &card.Parameters, &card.Considerations
	m.Approach, m.Task, m.Family, m.Architecture = clean(p.Approach.Type), clean(p.Task), clean(p.Family), clean(p.Architecture)
	m.Inputs, m.Outputs = formats(p.Inputs), formats(p.Outputs)
	m.Users, m.UseCases, m.Limitations = cleaned(says.Users), cleaned(says.UseCases), cleaned(says.Limitations)
	for _, risk := range says.Ethics[:min(len(says.Ethics), maxList)] {
		m.Ethics = append(m.Ethics, clean(risk.Name))
	}
	for _, metric := range card.Analysis.Metrics[:min(len(card.Analysis.Metrics), maxList)] {
		m.Measures = append(m.Measures, twin.Measure{
			Kind: clean(metric.Type), Value: clean(strings.Trim(string(metric.Value), `"`)), Slice: clean(metric.Slice),
		})
	}
}

func formats(list []format) []string {
	var out []string
	for _, f := range list[:min(len(list), maxList)] {
		out = append(out, clean(f.Format))
	}
	return twin.Sorted(out)
}

func (d *dataset) spec() twin.Dataset {
	return twin.Dataset{
		Title: clean(d.Name), Kind: clean(d.Type), URL: clean(d.Contents.URL), Data: twin.Sorted([]string{clean(d.Class)}),
		Sensitive: cleaned(d.Sensitive), Description: clean(d.Description),
		Custodians: names(d.Governance.Custodians), Owners: names(d.Governance.Owners),
	}
}

func names(list []responsible) []string {
	var out []string
	for _, r := range list[:min(len(list), maxList)] {
		out = append(out, clean(cmp.Or(r.Organization.Name, r.Contact.Name)))
	}
	return twin.Sorted(out)
}
