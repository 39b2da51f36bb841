package api

// EventNotice is what a webhook is told.
type EventNotice struct {
	Schema string     `json:"schema"`
	Test   bool       `json:"test,omitempty"` // nothing happened: somebody tries the address
	Event  IntelEvent `json:"event"`
}

// Webhook is an address that is told of events.
type Webhook struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	URL       string   `json:"url"`     // without what is secret in it
	Kinds     []string `json:"kinds"`   // that it is told of; none: all
	Private   bool     `json:"private"` // it may be in a private network
	CreatedBy string   `json:"created_by"`
	CreatedAt Time     `json:"created_at"`
	Behind    int64    `json:"behind"`     // events that it has not been told of
	Delivered int64    `json:"delivered"`  // events that it has taken
	LastAt    *Time    `json:"last_at"`    // when it last took one; null: it never did
	Failures  int      `json:"failures"`   // attempts in a row that failed
	LastError string   `json:"last_error"` // of these; "": the last one went well
	NextAt    *Time    `json:"next_at"`    // when it is tried again; null: nothing waits
}

// WebhookDetail is a webhook after something was done to it.
type WebhookDetail struct {
	Schema string `json:"schema"`
	AsOf   Time   `json:"as_of"`
	Webhook
	Secret string `json:"secret,omitempty"` // by which what is sent is signed: shown once, when it is made
}

// WebhookRequest asks for a webhook.
type WebhookRequest struct {
	Name    string   `json:"name"`
	URL     string   `json:"url"`
	Kinds   []string `json:"kinds,omitempty"`
	Private bool     `json:"private,omitempty"`
}

// WebhookTest is how an address answered to a test.
type WebhookTest struct {
	Schema  string `json:"schema"`
	AsOf    Time   `json:"as_of"`
	ID      string `json:"id"`
	OK      bool   `json:"ok"`
	Status  int    `json:"status"`  // of the answer; 0: there was none
	Message string `json:"message"` // what went wrong; "" when it went well
}

// The schemas of webhooks.
const (
	SchemaEventNotice = "tidemark.event/v1"
	SchemaWebhooks    = "tidemark.webhooks/v1"
	SchemaWebhook     = "tidemark.webhook/v1"
	SchemaWebhookTest = "tidemark.webhook-test/v1"
)
