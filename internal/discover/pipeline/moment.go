package pipeline

import (
	"bytes"
	"encoding/json"
	"time"
)

// moment is a time in any of the ways in which these documents write it. One
// that cannot be read is no time: the rest of the document stands without it.
type moment struct{ time.Time }

// formats are the ways; GitLab writes the last two.
func formats() []string {
	return []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700"}
}

// UnmarshalJSON reads a text, or a number of seconds or milliseconds since 1970.
func (m *moment) UnmarshalJSON(b []byte) error {
	var seconds float64
	if len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9') {
		if json.Unmarshal(b, &seconds) == nil && seconds > 0 && seconds < 1e15 {
			m.Time = unix(seconds)
		}
		return nil
	}
	var text string
	if !bytes.Equal(b, []byte("null")) && json.Unmarshal(b, &text) == nil {
		m.Time = parseTime(text)
	}
	return nil
}

func parseTime(text string) time.Time {
	for _, format := range formats() {
		if t, err := time.Parse(format, text); err == nil {
			return t.UTC().Truncate(time.Microsecond)
		}
	}
	return time.Time{}
}

// unix reads what is too large to be seconds as milliseconds.
func unix(n float64) time.Time {
	if n >= 1e11 {
		return time.UnixMilli(int64(n)).UTC()
	}
	return time.Unix(int64(n), 0).UTC()
}
