package machines

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// askGateway brings a notebook and a gateway together, from either side.
func (s *Page) askGateway(u *Member) tea.Cmd {
	d := &page.ChoiceDialog{}
	if u.Answers.Mode == steps.ModeGateway {
		s.gatewayOptions(d, u)
	} else {
		s.notebookOptions(d, u)
		if len(d.Options) == 0 {
			return s.Say("No setup is in gateway mode, to take kernels from: n makes one, m changes one.", true)
		}
	}
	d.Options = append(d.Options, page.Option{Label: "Cancel"})
	s.Open(d)
	return nil
}

// gatewayOptions are who can be given this gateway's kernels.
func (s *Page) gatewayOptions(d *page.ChoiceDialog, gateway *Member) {
	d.Title = "Who should use the kernels of " + gateway.Name() + "?"
	if gateway.notebook != nil {
		d.Options = append(d.Options, page.Option{Label: "End the Jupyter on this computer", Detail: "it was started here and uses these kernels", Do: func() tea.Cmd {
			s.Ends.Close(gateway.notebook)
			return nil
		}})
	} else if gateway.Up() && gateway.complete() {
		d.Options = append(d.Options, page.Option{Label: "A Jupyter on this computer", Detail: "it is started now, and ends with this program", Do: func() tea.Cmd {
			return s.localNotebook(gateway)
		}})
	}
	for _, u := range s.order {
		if u.Elsewhere || u.gone() || u.Answers.Mode == steps.ModeGateway || u == gateway {
			continue
		}
		d.Options = append(d.Options, page.Option{Label: u.Name(), Detail: gatewayDetail(u, gateway.ID), Do: func() tea.Cmd {
			return s.useGateway(u, gateway)
		}})
	}
	d.Text = []string{"The notebook's server restarts, and its own kernels are lost. Files stay where they are."}
	if len(d.Options) == 0 {
		d.Text = []string{"There is no notebook to give them to. A Jupyter on this computer can have them once the gateway runs."}
	}
}

// notebookOptions are the gateways whose kernels this notebook can use.
func (s *Page) notebookOptions(d *page.ChoiceDialog, u *Member) {
	d.Title = "Whose kernels should " + u.Name() + " use?"
	d.Text = []string{"Its server restarts, and running kernels are lost. Files stay where they are."}
	for _, g := range s.order {
		if g.Elsewhere || g.gone() || g.Answers.Mode != steps.ModeGateway {
			continue
		}
		detail := g.what()
		if g.ID == u.Answers.Gateway {
			detail = "as it is now"
		}
		d.Options = append(d.Options, page.Option{Label: g.Name(), Detail: detail, Do: func() tea.Cmd { return s.useGateway(u, g) }})
	}
	if u.Answers.Gateway != "" {
		d.Options = append(d.Options, page.Option{Label: "Its own", Detail: "kernels run on the notebook's own machine again", Do: func() tea.Cmd { return s.useGateway(u, nil) }})
	}
}

func gatewayDetail(u *Member, gatewayID string) string {
	if u.Answers.Gateway == gatewayID {
		return "uses them already"
	}
	return u.what()
}

func (s *Page) useGateway(u, gateway *Member) tea.Cmd {
	of, did := "", "runs its own kernels again"
	if gateway != nil {
		of, did = gateway.ID, "uses the kernels of "+gateway.Name()
	}
	id, engine := u.ID, s.Engine
	return s.changed(u, phrase{doing: "changing the kernels", did: did}, func(ctx context.Context) error {
		_, err := engine.UseGateway(ctx, id, of)
		return err
	})
}

// localNotebook starts Jupyter on this computer with the gateway's kernels.
func (s *Page) localNotebook(gateway *Member) tea.Cmd {
	id, engine := gateway.ID, s.Engine
	return s.begin(gateway, phrase{doing: "starting Jupyter here", did: "a Jupyter on this computer uses its kernels"},
		func(ctx context.Context, emit func(steps.Event)) (result, error) {
			notebook, err := engine.Notebook(ctx, id, steps.UILab, emit)
			return result{notebook: notebook}, err
		}, func(_ *Member, r result) tea.Cmd {
			if s.Browser == nil {
				return nil // the URL is in the machine's details
			}
			return s.Browse(r.notebook.URL())
		})
}

func (s *Page) notebookEnded(msg notebookEnded) tea.Cmd {
	u := s.members[msg.setupID]
	if u == nil || u.notebook != msg.notebook {
		return nil
	}
	u.notebook = nil
	return s.Say("The Jupyter on this computer that used "+u.Name()+" has ended.", false)
}
