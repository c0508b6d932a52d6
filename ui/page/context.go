package page

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// Context is what a page may use of the program. There is one, which all pages
// and the model share.
type Context struct {
	Owner
	Engine steps.Engine
	Tasks  *Tasks
	Ends   Endings
	Send   func(tea.Msg) // for tasks that say more than one thing

	Theme         theme.Theme
	Width, Height int // the terminal's
	Frame         int // of the spinner

	Now     func() time.Time
	Env     []string               // "NAME=value", as os.Environ
	Profile string                 // that was given on the command line, or empty
	SaveDir string                 // where plans, logs and downloads go
	Browser func(url string) error // nil when there is none
	Program context.Context        // ends with the program, and every task with it
}

// Owner is who shows the pages. What it does is done when it returns; the
// command is what is still to be run.
type Owner interface {
	// Say shows one line at the foot for some seconds.
	Say(text string, bad bool) tea.Cmd
	// Open lays a dialog on top of the page.
	Open(d Dialog)
	// CloseAbout closes the dialogs about something that has ended: their answers
	// would mean nothing any more, or something else. It reports whether one was
	// open.
	CloseAbout(about any) bool
	// Show goes to a page.
	Show(id steps.StepID) tea.Cmd
	// HandOver returns a command that gives the terminal to somebody else, such as
	// a shell, or nil where that has to wait a moment; it is then done later.
	HandOver(cmd tea.Cmd) tea.Cmd
	// Press presses a key, as a click that stands for it does.
	Press(k tea.KeyPressMsg) tea.Cmd
}

// Start runs do as a task; see [Tasks].
func (c *Context) Start(name TaskName, do func(ctx context.Context, id TaskID) tea.Msg) tea.Cmd {
	return c.Tasks.Start(c.Program, name, do)
}

// PressEnter is the press of Enter that a second click stands for.
func (c *Context) PressEnter() tea.Cmd { return c.Press(KeyNamed("enter")) }

// roomyFrom is the height from which there are blank lines to spare.
const roomyFrom = 30

// Roomy reports whether there are blank lines to spare.
func (c *Context) Roomy() bool { return c.Height >= roomyFrom }

// Spinner is one cell that turns.
func (c *Context) Spinner() string {
	frames := []rune("·•●•")
	return c.Theme.Accent.Render(string(frames[c.Frame%len(frames)]))
}

// Waiting says what is waited for.
func (c *Context) Waiting(text string) string {
	return c.Spinner() + " " + c.Theme.Text.Render(text)
}

// OnAWS is a text about money, which nothing costs in the sandbox.
func (c *Context) OnAWS(text string) string {
	if c.Engine.Sandboxed() {
		return ""
	}
	return text
}

// InSandbox is what is said there instead.
func (c *Context) InSandbox(text string) string {
	if c.Engine.Sandboxed() {
		return text
	}
	return ""
}

// Confirm asks before something that cannot be taken back.
func (c *Context) Confirm(title, text, yes string, do func() tea.Cmd) {
	c.Open(confirmation(title, text, yes, do))
}

// ConfirmEnter is Confirm for what Enter itself led to, and what costs: Cancel
// is chosen, so that a reflex starts nothing.
func (c *Context) ConfirmEnter(title, text, yes string, do func() tea.Cmd) {
	c.AskAtEsc(confirmation(title, text, yes, do))
}

func confirmation(title, text, yes string, do func() tea.Cmd) *ChoiceDialog {
	return &ChoiceDialog{Title: title, Text: []string{text}, Options: []Option{{Label: yes, Do: do}, {Label: "Cancel"}}}
}

// AskAtEsc opens a question that Esc has raised: its last option is chosen.
func (c *Context) AskAtEsc(d *ChoiceDialog) {
	d.At.At = len(d.Options) - 1
	c.Open(d)
}

// BrowserOpened says that the system was asked to open a URL.
type BrowserOpened struct{ Err error }

// Browse opens a URL in the browser. A [BrowserOpened] follows.
func (c *Context) Browse(url string) tea.Cmd {
	open := c.Browser
	if open == nil {
		return c.Say("There is no browser to open here. Copy the URL with c.", true)
	}
	return func() tea.Msg { return BrowserOpened{open(url)} }
}

// CopyURL puts a URL onto the clipboard.
func (c *Context) CopyURL(url string) tea.Cmd {
	return tea.Batch(tea.SetClipboard(url), c.Say("Copied the URL.", false))
}
