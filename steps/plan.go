package steps

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// WritePlan writes the answers as JSON, for jupyter-ec2 up --plan FILE.
func WritePlan(w io.Writer, a Answers) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(a); err != nil {
		return fmt.Errorf("saving the plan: %w", err)
	}
	return nil
}

// ReadPlan reads what WritePlan wrote. A word it does not know is an error, so
// that a misspelt answer never falls back to a default unseen. A project that is
// no whole path begins in dir, where the plan is.
func ReadPlan(r io.Reader, dir string) (Answers, error) {
	b, err := io.ReadAll(io.LimitReader(r, 64<<10))
	if err != nil {
		return Answers{}, fmt.Errorf("reading the plan: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var a Answers
	if err := d.Decode(&a); err != nil {
		return Answers{}, &problem.Error{
			Kind: problem.Answers, Title: "This is not a plan", Text: "The plan cannot be read: " + err.Error() + ".",
			Next: problem.Do(problem.SavePlan).Say(", or ").Do(problem.LeavePlan).Say("."), Err: err,
		}
	}
	if a.Project != "" && !filepath.IsAbs(a.Project) {
		a.Project = filepath.Join(dir, filepath.FromSlash(a.Project))
	}
	if err := a.Valid(); err != nil {
		return Answers{}, AnswersFault(err)
	}
	return a, nil
}

// AnswersFault is an answer that cannot be used.
func AnswersFault(err error) error {
	return &problem.Error{
		Kind: problem.Answers, Title: "An answer cannot be used", Text: problem.Sentence(err.Error()),
		Next: problem.Say("Change this answer and continue."), Err: err,
	}
}
