package steps

import (
	"bytes"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

func TestPlanRoundTrip(t *testing.T) {
	a := testAnswers()
	var b bytes.Buffer
	if err := WritePlan(&b, a); err != nil {
		t.Fatal(err)
	}
	got, err := ReadPlan(&b, "")
	if err != nil || !got.Equal(a) {
		t.Fatalf("got %+v, %v", got, err)
	}
	a.UI = UITree
	b.Reset()
	if err := WritePlan(&b, a); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadPlan(&b, ""); err != nil || got.UI != UITree {
		t.Fatalf("got %+v, %v", got, err)
	}
	before := `{"name":"jupyter","region":"us-east-1","image":"24.04","type":"t2.micro","disk_gb":8,"key":{"source":"import"},"mode":"ssh","installer":"uv"}`
	if got, err := ReadPlan(strings.NewReader(before), ""); err != nil || got.WantedUI() != UILab {
		t.Fatalf("a plan of an earlier version: %+v, %v", got, err)
	}
	_, err = ReadPlan(strings.NewReader(`{"name":"x","instancetype":"t2.micro"}`), "")
	if Explain(err).Kind != problem.Answers {
		t.Fatalf("a misspelt answer gave %v", err)
	}
}

func FuzzReadPlan(f *testing.F) {
	f.Add(`{"name":"jupyter","region":"us-east-1","image":"24.04","type":"t2.micro","disk_gb":8,"key":{"source":"import"},"mode":"ssh","installer":"uv"}`)
	f.Add(`{}`)
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ReadPlan(strings.NewReader(s), "")
		if err == nil && a.Valid() != nil {
			t.Fatalf("accepted %+v", a)
		}
	})
}
