// Package ui is the wizard: the guide's questions and its work on a terminal.
//
// There is one tea.Model, [model], and one table of its pages (pages.go). A page
// is a [page.Page]: the questions are in ui/guide, the list of machines is
// ui/machines, and the work, the URL and the removal, which the model's own
// state is about, are here. Every message of a task is given to all pages and
// open dialogs, and each takes its own. Update does no I/O: everything slow runs
// as a task ([page.Tasks]). The engine behind is [steps.Engine].
package ui
