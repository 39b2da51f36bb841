package main

import (
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
)

// A key holds over a restart of the server, for the one who used it alone.
func TestAKeyOutlivesTheServer(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	other := "Bearer " + c.token("operator")
	s := start(t, c.where...)
	mine := s.token
	const path = "/api/v1/evidence/deployments?source=c1"
	body := record("shop", weakImg, "")
	first := want[api.ReceiptStatus](s, 202, "POST", path, body, "Idempotency-Key", "k")
	s.computed(first)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s = start(t, c.where...)
	s.token = mine
	code, h, text := s.ask("POST", path, body, "Idempotency-Key", "k")
	if code != 202 || h.Get("Idempotency-Replayed") != "true" || h.Get("Location") != first.URL || !strings.Contains(text, first.ID) {
		t.Errorf("the same again: %d %v %s", code, h, text)
	}
	code, h, text = s.ask("POST", path, record("next", weakImg, ""), "Idempotency-Key", "k")
	if code != 409 || h.Get("Content-Type") != "application/problem+json" || !strings.Contains(text, "used for another request") {
		t.Errorf("another body: %d %s", code, text)
	}
	if code, _, text = s.ask("POST", path+"&environment=prod", body, "Idempotency-Key", "k"); code != 409 {
		t.Errorf("another address: %d %s", code, text)
	}
	if all := want[api.List[api.ReceiptStatus]](s, 200, "GET", "/api/v1/receipts", ""); all.Total != 1 {
		t.Errorf("%d receipts of one request", all.Total)
	}
	theirs := want[api.ReceiptStatus](s, 202, "POST", path, record("next", weakImg, ""), "Idempotency-Key", "k", "Authorization", other)
	if theirs.ID == first.ID {
		t.Errorf("somebody else got the receipt %s", first.ID)
	}
	for name, key := range map[string]string{"long": strings.Repeat("k", 201), "not ASCII": "schlüssel", "empty": ""} {
		if code, _, text := s.ask("POST", path, body, "Idempotency-Key", key); code != 422 {
			t.Errorf("%s: %d %s", name, code, text)
		}
	}
	if all := want[api.List[api.ReceiptStatus]](s, 200, "GET", "/api/v1/receipts", ""); all.Total != 2 {
		t.Errorf("%d receipts of two requests", all.Total)
	}
}
