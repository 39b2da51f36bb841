package client

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tidemark/tidemark/api"
)

// What an agent sees goes compressed; plainly to who does not know that.
func TestSendObservations(t *testing.T) {
	t.Parallel()
	for name, plain := range map[string]bool{"compressed": false, "plain": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []api.Observations
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body := io.Reader(r.Body)
				if r.Header.Get("Content-Encoding") == "gzip" {
					if plain {
						w.WriteHeader(http.StatusUnsupportedMediaType)
						return
					}
					zipped, err := gzip.NewReader(r.Body)
					if err != nil {
						t.Error(err)
						return
					}
					body = zipped
				}
				var b api.Observations
				if err := json.NewDecoder(body).Decode(&b); err != nil || r.URL.Path != "/api/v1/evidence/observations" || r.Method != http.MethodPost {
					t.Errorf("%s %s: %v", r.Method, r.URL, err)
				}
				got = append(got, b)
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, `{"accepted":1,"epoch":7}`)
			}))
			defer s.Close()
			c, err := New(Config{URL: s.URL, Token: "tdm_x"})
			if err != nil {
				t.Fatal(err)
			}
			out, err := c.SendObservations(t.Context(), api.Observations{Source: "kube/lab", Items: []api.Observation{{Seq: 3}}})
			if err != nil || out.Accepted != 1 || out.Epoch != 7 || len(got) != 1 || got[0].Source != "kube/lab" || got[0].Items[0].Seq != 3 {
				t.Errorf("%+v %v %+v", out, err, got)
			}
		})
	}
}
