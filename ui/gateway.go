package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// askGateway brings a notebook and a gateway together, from either side.
func (m *model) askGateway(u *member) tea.Cmd {
	d := &choiceDialog{}
	if u.Answers.Mode == steps.ModeGateway {
		m.gatewayOptions(d, u)
	} else {
		m.notebookOptions(d, u)
		if len(d.options) == 0 {
			return m.say("There is no setup in gateway mode to take kernels from: n creates one, m changes one.", true)
		}
	}
	d.options = append(d.options, option{label: "Cancel"})
	m.openDialog(d)
	return nil
}

// gatewayOptions are who can be given this gateway's kernels.
func (m *model) gatewayOptions(d *choiceDialog, gateway *member) {
	d.title = "Who should use the kernels of " + gateway.name() + "?"
	if gateway.notebook != nil {
		d.options = append(d.options, option{label: "End the Jupyter on this computer", detail: "it was started here and uses these kernels", do: func(m *model) tea.Cmd {
			m.closing(gateway.notebook)
			return nil
		}})
	} else if gateway.up() && gateway.complete() {
		d.options = append(d.options, option{label: "A Jupyter on this computer", detail: "it is started now, and ends with this program", do: func(m *model) tea.Cmd {
			return m.localNotebook(gateway)
		}})
	}
	for _, u := range m.fleet.order {
		if u.Elsewhere || u.gone() || u.Answers.Mode == steps.ModeGateway || u == gateway {
			continue
		}
		d.options = append(d.options, option{label: u.name(), detail: gatewayDetail(u, gateway.ID), do: func(m *model) tea.Cmd {
			return m.useGateway(u, gateway)
		}})
	}
	d.text = []string{"The notebook's server restarts, and its own kernels are lost. Files stay where they are."}
	if len(d.options) == 0 {
		d.text = []string{"There is no notebook to give them to. A Jupyter on this computer can have them once the gateway runs."}
	}
}

// notebookOptions are the gateways whose kernels this notebook can use.
func (m *model) notebookOptions(d *choiceDialog, u *member) {
	d.title = "Whose kernels should " + u.name() + " use?"
	d.text = []string{"Its server restarts, and running kernels are lost. Files stay where they are."}
	for _, g := range m.fleet.order {
		if g.Elsewhere || g.gone() || g.Answers.Mode != steps.ModeGateway {
			continue
		}
		detail := g.what()
		if g.ID == u.Answers.Gateway {
			detail = "as it is now"
		}
		d.options = append(d.options, option{label: g.name(), detail: detail, do: func(m *model) tea.Cmd { return m.useGateway(u, g) }})
	}
	if u.Answers.Gateway != "" {
		d.options = append(d.options, option{label: "Its own", detail: "kernels run on the notebook's own machine again", do: func(m *model) tea.Cmd { return m.useGateway(u, nil) }})
	}
}

func gatewayDetail(u *member, gatewayID string) string {
	if u.Answers.Gateway == gatewayID {
		return "uses them already"
	}
	return u.what()
}

func (m *model) useGateway(u, gateway *member) tea.Cmd {
	id, did := "", "runs its own kernels again"
	if gateway != nil {
		id, did = gateway.ID, "uses the kernels of "+gateway.name()
	}
	return m.changed(u, verb{doing: "changing the kernels", did: did}, func(ctx context.Context) error {
		_, err := m.engine.UseGateway(ctx, u.ID, id)
		return err
	})
}

// localNotebook starts Jupyter on this computer with the gateway's kernels.
func (m *model) localNotebook(gateway *member) tea.Cmd {
	id, engine := gateway.ID, m.engine
	return m.operate(gateway, verb{doing: "starting Jupyter here", did: "a Jupyter on this computer uses its kernels"},
		func(ctx context.Context, emit func(steps.Event)) (result, error) {
			notebook, err := engine.Notebook(ctx, id, emit)
			return result{notebook: notebook}, err
		}, func(m *model, _ *member, r result) tea.Cmd {
			if m.o.Open == nil {
				return nil // the URL is in the machine's details
			}
			return m.browse(r.notebook.URL())
		})
}

func (s *fleetScreen) notebookEnded(m *model, msg notebookEnded) tea.Cmd {
	u := s.members[msg.setupID]
	if u == nil || u.notebook != msg.notebook {
		return nil
	}
	u.notebook = nil
	return m.say("The Jupyter on this computer that used "+u.name()+" has ended.", false)
}
