package engine

import (
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// on is an action on one setup.
func on(verb problem.Verb, s *steps.Setup) problem.Action {
	return problem.Action{Verb: verb, Name: s.Answers.Name, Sandbox: s.Sandbox}
}

// naming is an action on one setup that says which one, or what of it.
func naming(verb problem.Verb, s *steps.Setup, what string) problem.Action {
	a := on(verb, s)
	a.What = what
	return a
}

// inMode has a setup reached otherwise.
func inMode(mode steps.Mode, s *steps.Setup) problem.Action {
	return naming(problem.ChangeMode, s, string(mode))
}

// launchOrRemove is what to do about a machine that is gone.
func launchOrRemove(s *steps.Setup) problem.Next {
	return problem.Act(naming(problem.Launch, s, "a new one")).Say(", or ").Act(naming(problem.Remove, s, "what is left")).Say(".")
}
