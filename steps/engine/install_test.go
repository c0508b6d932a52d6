package engine_test

import (
	"slices"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// installsAt is an install that fails until it has run so often; then it leaves
// a Python that tells versions.
const installsAt = `
echo x >>runs
echo run $(wc -l <runs)
[ $(wc -l <runs) -ge "$(cat enough)" ] || exit 14
mkdir -p .jupyter-ec2/venv/bin
cat >.jupyter-ec2/venv/bin/python <<'END'
#!/bin/sh
printf 'python=3.12\npip=1\nnotebook=7.1\njupyter_kernel_gateway=3\nipykernel=6\n'
END
chmod +x .jupyter-ec2/venv/bin/python
`

// The step takes the run that was begun at boot, with its log from the first
// line, whether it still runs or not; and runs it again where it came to nothing.
func TestTheInstallOfTheBootIsTaken(t *testing.T) {
	for _, c := range []struct {
		name, enough string
		lines        []string
		again        bool
	}{
		{"it is complete", "1", []string{"run 1"}, false},
		{"it has failed", "2", []string{"run 1", "run 2"}, true},
		{"it fails again", "3", []string{"run 1", "run 2"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, nil)
			if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
				t.Fatal(err)
			}
			job := remote.Job{ID: "install-test", Script: installsAt}
			start, err := job.StartScript()
			if err != nil {
				t.Fatal(err)
			}
			for _, script := range []string{"echo " + c.enough + " >enough", start} {
				if out, err := w.login().Output(t.Context(), script); err != nil {
					t.Fatal(out, err)
				}
			}
			take := func() (lines []string, again bool, notebook string, err error) {
				v, err := engine.TakeInstall(t.Context(), w.Guide(), w.Only().ID, job, func(e steps.Event) {
					switch {
					case e.Kind == steps.Output && !e.Partial:
						lines = append(lines, e.Text)
					case e.Kind == steps.Retrying:
						again = true
					}
				})
				return lines, again, v.Notebook, err
			}
			lines, again, notebook, err := take()
			if (err == nil) != (c.enough != "3") || !slices.Equal(lines, c.lines) || again != c.again || err == nil && notebook != "7.1" {
				t.Errorf("lines %q, again %v, notebook %q, %v", lines, again, notebook, err)
			}
			// Once the step is done, the job is run again each time, to repair.
			s := w.Only()
			s.Done[steps.StepInstall] = s.Created
			if err := engine.Save(w.Guide(), s); err != nil {
				t.Fatal(err)
			}
			if lines, _, _, err := take(); err != nil || len(lines) != 1 || slices.Contains(c.lines, lines[0]) {
				t.Errorf("later: %q, %v", lines, err)
			}
		})
	}
}
