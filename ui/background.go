package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// answersWithin is how long the terminal's answer is waited for before the
// terminal is handed to somebody else. Not every terminal answers; over a slow
// link the answer takes its time.
const answersWithin = time.Second

// background is the terminal's, which it is asked for.
type background struct {
	asked   int       // counts the questions
	awaited bool      // the last one is open
	after   []tea.Cmd // what waits for its answer
}

// askBackground asks the terminal for its background, unless the person has
// chosen a theme.
func (m *model) askBackground() tea.Cmd {
	if !m.asksTerminal {
		return nil
	}
	m.background.asked++
	m.background.awaited = true
	id := m.background.asked
	return tea.Batch(tea.RequestBackgroundColor, tea.Tick(answersWithin, func(time.Time) tea.Msg { return noAnswer{id} }))
}

// answered takes the terminal's answer.
func (m *model) answered(msg tea.BackgroundColorMsg) tea.Cmd {
	if !m.asksTerminal {
		return nil
	}
	m.Theme = theme.New(msg.IsDark(), m.Theme.Color)
	return tea.Batch(m.tell(page.Restyled{}), m.awaitNoMore())
}

// unanswered gives up waiting for the answer to a question.
func (m *model) unanswered(msg noAnswer) tea.Cmd {
	if msg.id != m.background.asked {
		return nil
	}
	return m.awaitNoMore()
}

func (m *model) awaitNoMore() tea.Cmd {
	after := m.background.after
	m.background.awaited, m.background.after = false, nil
	return tea.Batch(after...)
}

// HandOver implements [page.Owner]. The answer to what the terminal was asked
// would be typed text to whoever reads from it next.
func (m *model) HandOver(cmd tea.Cmd) tea.Cmd {
	if !m.background.awaited {
		return cmd
	}
	m.background.after = append(m.background.after, cmd)
	return nil
}
