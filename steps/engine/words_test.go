package engine

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// What front ends compare with is what the cloud's package says; that the types
// have one form, the compiler holds.
func TestTheFrontEndsWordsAreTheClouds(t *testing.T) {
	if steps.EnvironmentProfile != aws.EnvironmentProfile {
		t.Errorf("the environment's profile is %q and %q", steps.EnvironmentProfile, aws.EnvironmentProfile)
	}
	for ours, theirs := range map[steps.MFAState]aws.MFAState{
		steps.MFAOn: aws.MFAOn, steps.MFAOff: aws.MFAOff, steps.MFAUnknown: aws.MFAUnknown,
	} {
		if string(ours) != string(theirs) {
			t.Errorf("MFA is %q and %q", ours, theirs)
		}
	}
}
