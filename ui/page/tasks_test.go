package page

import (
	"context"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// The program may end when a command was handed to Bubble Tea and has not begun:
// it would begin while the others are waited for, and nobody would wait for it.
func TestNoTaskBeginsWhenTheyAreWaitedFor(t *testing.T) {
	var tasks Tasks
	began, end := make(chan struct{}), make(chan struct{})
	first := tasks.Start(t.Context(), "first", func(context.Context, TaskID) tea.Msg {
		close(began)
		<-end
		return nil
	})
	go first()
	await.Receive(t, "the first task", began)
	late := tasks.Start(t.Context(), "late", func(context.Context, TaskID) tea.Msg {
		t.Error("it began")
		return nil
	})

	waited := make(chan struct{})
	go func() { tasks.Wait(await.Wait); close(waited) }()
	await.Until(t, "the wait to begin", func() bool {
		tasks.mu.Lock()
		defer tasks.mu.Unlock()
		return tasks.over
	})
	if msg := late(); msg != nil {
		t.Errorf("it came to %v", msg)
	}
	close(end)
	await.Receive(t, "the end of the wait", waited)
}
