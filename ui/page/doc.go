// Package page is what the wizard's pages are made with: the context they are
// given, with tasks whose results come back as messages; tables of keys; dialogs;
// fields, lists and logs; and what can be pointed at.
package page
