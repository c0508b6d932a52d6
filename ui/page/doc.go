// Package page is what the wizard's pages are made with: tasks whose results
// come back as messages, fields, lists and logs, and what can be pointed at.
package page
