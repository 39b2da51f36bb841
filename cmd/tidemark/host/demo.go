package host

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/cycle"
	"github.com/tidemark/tidemark/internal/demo"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/mobilize"
	"github.com/tidemark/tidemark/internal/prioritize"
	"github.com/tidemark/tidemark/internal/scope"
	"github.com/tidemark/tidemark/internal/server"
	"github.com/tidemark/tidemark/internal/server/login"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// Demo plays the history, then serves it.
func (h Host) Demo(ctx context.Context, o Options, g Guide) (err error) {
	dir, err := os.MkdirTemp("", "tidemark-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	clock := demo.NewClock(h.Clock)
	machine := h.Clock
	h.Clock, h.URL, h.Dir = clock.Now, "", func() (string, error) { return dir, nil }
	h.Now = func() time.Time { return clock.Now().UTC().Truncate(time.Microsecond) }
	s, err := h.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.DB.Close()) }()
	play := &theatre{s: s}
	player := demo.New(play.doors(), clock, dir)
	if err := Play(ctx, player, machine()); err != nil {
		return err
	}
	guests, err := invite(ctx, s)
	if err != nil {
		return err
	}
	play.drill = player.Drill()
	o.Add = play.add
	o.Alive = player.Heartbeat
	o.Started = func(url, _ string) { g.welcome(url, guests) }
	return h.ServeStore(ctx, s, o)
}

// Play plays the history of the demo. It is over in seconds, and makes much garbage:
// collecting less often saves a fifth of them.
func Play(ctx context.Context, player *demo.Player, now time.Time) error {
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	return player.Play(ctx, now)
}

// guest is somebody who can sign in to the demo.
type guest struct{ name, password, about string }

// invite makes users with passwords of this run, one for each way of looking.
func invite(ctx context.Context, s *local.Session) ([]guest, error) {
	admin := login.New(login.Config{Store: s.DB, Now: s.Now, Log: s.Log}).Admin()
	owner := access.LocalUser(local.Actor())
	list := []guest{
		{"demo", "", "may do everything"},
		{"robin", "", "approves what loosens a decision"},
		{"sam", "", "sees the product Storefront only"},
	}
	requests := []api.UserRequest{
		{Name: "demo", Role: string(access.Admin)},
		{Name: "robin", Role: string(access.Approver)},
		{Name: "sam", Role: string(access.Viewer), Products: []string{demoProduct}},
	}
	for i, q := range requests {
		q.Password = "tide-" + strings.ToLower(rand.Text()[:12])
		if _, err := admin.CreateUser(ctx, owner, q); err != nil {
			return nil, fmt.Errorf("create the demo's user %s: %w", q.Name, err)
		}
		list[i].password = q.Password
	}
	return list, nil
}

// demoProduct is what sam may see.
const demoProduct = "storefront"

// Guide shows a person around the demo.
type Guide struct {
	Out     io.Writer
	Browser bool // open one
}

// welcome says where to look, and as whom.
func (g Guide) welcome(url string, guests []guest) {
	_, _ = fmt.Fprintf(g.Out, "The demo is at %s\n\n", url)
	for _, x := range guests {
		_, _ = fmt.Fprintf(g.Out, "  user %-6s password %-18s %s\n", x.name, x.password, x.about)
	}
	_, _ = fmt.Fprintf(g.Out, "\nEverything in it is made up, and gone when you stop it (Ctrl-C).\n")
	if g.Browser {
		openBrowser(url)
	}
}

// openBrowser opens a page where there is a desktop to open it on. Without one
// the address was printed.
func openBrowser(url string) {
	program := map[string]string{"darwin": "open", "linux": "xdg-open"}[runtime.GOOS]
	if program == "" || runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return
	}
	_ = exec.CommandContext(context.Background(), program, url).Start()
}

// theatre joins the demo with the doors of the server.
type theatre struct {
	s      *local.Session
	drill  *demo.Drill
	worker *cycle.Worker // nil until the server runs
}

func (p *theatre) doors() demo.Doors {
	return demo.Doors{
		Evidence: demoEvidence{p.s.Ingest()}, Feeds: demoFeeds{&intel.Updater{Store: p.s.DB, Now: p.s.Now}}, Scope: p, People: p, Steps: p,
		Estate: p.s.DB,
	}
}

// DemoDoors are the doors of the demo: the same ones that commands and the
// server use.
func DemoDoors(s *local.Session) demo.Doors { return (&theatre{s: s}).doors() }

// add gives the server the drill.
func (p *theatre) add(d *server.Doors, w *cycle.Worker) {
	p.worker = w
	d.Drill = p
}

// Drain runs the steps: while the history is played here, later in the server's
// worker.
func (p *theatre) Drain(ctx context.Context) error {
	if p.worker == nil {
		return p.s.Drain(ctx)
	}
	p.worker.Wake()
	return p.worker.Settle(ctx)
}

// Apply takes what the company says about its estate.
func (p *theatre) Apply(ctx context.Context, document []byte) error {
	_, err := scope.Keeper{Store: p.s.DB, Now: p.s.Now}.Apply(ctx, "dana", document)
	return err
}

// Rule takes what one of the company's people decides.
func (p *theatre) Rule(ctx context.Context, r demo.Ruling) error {
	_, err := prioritize.People{Store: p.s.DB, Now: p.s.Now, Sign: ctem.Signature{Actor: "user:" + r.By}}.Rule(ctx, r.By, ctem.RulingAsk{
		Exposures: []string{r.Exposure}, Kind: ctem.RulingKind(r.Kind), Word: r.Word, Owner: r.Owner, Reason: r.Reason, Until: r.Until,
	})
	return err
}

// Work takes what one of them says about an action.
func (p *theatre) Work(ctx context.Context, w demo.Work) error {
	sign := ctem.Signature{Actor: "user:" + w.By}
	_, err := mobilize.Work{Store: p.s.DB, Now: p.s.Now, Sign: sign}.Move(ctx, w.By, ctem.WorkAsk{Action: w.Action, State: w.State, Reason: w.Reason})
	return err
}

// State tells how far the drill is.
func (p *theatre) State(ctx context.Context) (api.Drill, error) {
	d, err := p.drill.State(ctx)
	if err != nil {
		return api.Drill{}, err
	}
	doc := api.Drill{
		Schema: api.SchemaDrill, Step: string(d.Step), Weakness: d.ID, Title: "Drill: a made-up weakness of " + d.Package,
		Component: d.Package, Services: reply.List(d.Services), Actions: []string{}, TookMS: d.Took.Milliseconds(),
		Open: api.Link{Count: d.Open},
	}
	if d.ID != "" {
		doc.Open.Query = "vuln:" + d.ID
	}
	for _, x := range d.Actions {
		doc.Actions = append(doc.Actions, x.ID)
	}
	slices.Sort(doc.Actions)
	doc.Sentence = drillSentence(&d)
	return doc, nil
}

func drillSentence(d *demo.DrillState) string {
	name := d.Package[strings.LastIndexByte(d.Package, ':')+1:]
	switch d.Step {
	case demo.DrillPublished:
		return fmt.Sprintf("%s was published: %s opened in %s, %d to act on now. %s %s fixes it.",
			d.ID, reply.Counted(d.Open, "exposure", "exposures"), reply.Counted(len(d.Services), "service", "services"), d.ActNow, name, d.Fixed)
	case demo.DrillStaged:
		return fmt.Sprintf("%s %s is built and runs in staging; %s left.", name, d.Fixed, areIs(d.Open))
	case demo.DrillDeployed:
		if d.Open > 0 {
			return fmt.Sprintf("%s %s is deployed; %s left, where no source has seen it run yet.", name, d.Fixed, areIs(d.Open))
		}
		return fmt.Sprintf("%s %s is seen running in all %s: nothing of %s is left, and that is proven.", name, d.Fixed, reply.Counted(len(d.Services), "service", "services"), d.ID)
	case demo.DrillReady:
	}
	return "No drill is going on. Publish a made-up CVE to see what follows from a real one."
}

func areIs(open int) string {
	if open == 1 {
		return "1 exposure is"
	}
	return reply.Counted(open, "exposure", "exposures") + " are"
}

// Publish plays the disclosure.
func (p *theatre) Publish(ctx context.Context, who access.Principal) (api.Drill, error) {
	return p.played(ctx, who, "drill publish", p.drill.Publish)
}

// Deploy plays the fix.
func (p *theatre) Deploy(ctx context.Context, who access.Principal) (api.Drill, error) {
	return p.played(ctx, who, "drill deploy", p.drill.Deploy)
}

// Reset withdraws the drill.
func (p *theatre) Reset(ctx context.Context, who access.Principal) (api.Drill, error) {
	return p.played(ctx, who, "drill reset", p.drill.Reset)
}

// played plays a part of the drill, with an entry in the log before and after.
func (p *theatre) played(ctx context.Context, who access.Principal, verb string, do func(context.Context) error) (api.Drill, error) {
	var doc api.Drill
	err := upkeep{s: p.s}.deed(ctx, who, local.Mutation{Verb: verb, Object: "the drill"}, func() (err error) {
		if err = do(ctx); err == nil {
			doc, err = p.State(ctx)
		}
		return err
	})
	return doc, err
}
