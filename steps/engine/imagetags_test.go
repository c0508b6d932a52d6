package engine

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// An image and its snapshots carry the person's tags as well.
func TestImageTags(t *testing.T) {
	s := &steps.Setup{ID: "abcdefghij", Answers: steps.Answers{Name: "lab", Release: "24.04", Tags: map[string]string{"team": "lab"}}}
	r := &run{target: &target{s: s}}
	got := r.imageTags(&steps.Saving{Name: "kept"})
	if got["team"] != "lab" || got[TagSetup] != s.ID || got[aws.TagImage] != "kept" || got["Name"] != "jupyter-ec2 kept" || len(got) != 6 {
		t.Errorf("%v", got)
	}
	if len(s.Answers.Tags) != 1 {
		t.Errorf("the answers have them now: %v", s.Answers.Tags)
	}
}
