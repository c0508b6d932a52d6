package steps

// Origin is where answers come from that nobody gave, such as a file. What it
// does not answer is zero.
type Origin struct {
	From    string // in words
	Answers Answers
}

// Start is what a new machine starts from.
type Start struct {
	Answers Answers
	// Origins are where these come from, the strongest first.
	Origins []Origin
	// Fault is why nothing can be launched, or nil.
	Fault error
}
