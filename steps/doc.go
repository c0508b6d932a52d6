// Package steps is the guide as a front end sees it: the ordered steps from an
// AWS account to a Jupyter URL that works, what each of them asks, and the
// words for what comes of it.
//
// It is vocabulary: [Engine] is what the wizard and the commands ask for,
// [Event] what they are told meanwhile, [Asker] how they are asked. Package
// steps/engine does the work.
package steps
