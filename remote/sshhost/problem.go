package sshhost

// problem is an error that says in plain words what this computer lacks.
type problem struct {
	title, text, next string
	err               error
}

func (p *problem) Error() string {
	if p.err != nil {
		return p.text + " (" + p.err.Error() + ")"
	}
	return p.text
}

func (p *problem) Unwrap() error { return p.err }

// Explain puts it in plain words.
func (p *problem) Explain() (kind, title, text, next string) {
	return "failed", p.title, p.text, p.next
}
