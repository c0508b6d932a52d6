// Package ui is the wizard: the guide's questions and its work on a terminal.
//
// There is one tea.Model, [model]. Its screens are structs with methods for
// keys and messages and one that draws them at a size. Update does no I/O:
// everything slow runs as a task ([page.Tasks]) whose result comes back as one of
// the messages in messages.go. The engine behind is [steps.Engine].
package ui
