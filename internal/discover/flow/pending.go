package flow

// maxPending bounds the halves of calls that wait for their other half.
const maxPending = 20_000

// pending holds halves of calls that a Receiver has seen without the other. Nil
// holds none.
type pending struct {
	clients map[spanKey]half
	servers map[spanKey][]half
	order   []spanKey // of clients and servers, oldest first
	dropped int64     // servers whose client never came
}

func newPending() *pending {
	return &pending{clients: map[spanKey]half{}, servers: map[spanKey][]half{}}
}

func (p *pending) client(key spanKey, h half) {
	if p != nil {
		p.clients[key] = h
		p.note(key)
	}
}

func (p *pending) server(key spanKey, h half) {
	if p != nil && len(p.servers[key]) < maxServers {
		p.servers[key] = append(p.servers[key], h)
		p.note(key)
	}
}

// note drops the oldest where there are too many.
func (p *pending) note(key spanKey) {
	p.order = append(p.order, key)
	if len(p.order) <= maxPending {
		return
	}
	for _, old := range p.order[:maxPending/4] {
		p.dropped += int64(len(p.servers[old]))
		delete(p.clients, old)
		delete(p.servers, old)
	}
	p.order = append([]spanKey(nil), p.order[maxPending/4:]...)
}

// caller is the client span of a key, which may have called more than once.
func (p *pending) caller(key spanKey) (half, bool) {
	if p == nil {
		return half{}, false
	}
	h, ok := p.clients[key]
	return h, ok
}

// called takes the servers that a client span called.
func (p *pending) called(key spanKey) []half {
	if p == nil {
		return nil
	}
	list := p.servers[key]
	delete(p.servers, key)
	return list
}
