package aws

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// holder names what the credentials come from.
func (e *Error) holder() string {
	switch at := e.from.credentials; {
	case at.env != "":
		return "the environment (" + at.env + ")"
	case at.known():
		return profileWords(e.Profile) + " (" + at.of(e.from.key) + ")"
	}
	return profileWords(e.Profile)
}

// mendKeys says what to do about keys. Where the environment's win, nothing
// that is done to a profile changes anything.
func (e *Error) mendKeys(file string) problem.Next {
	if e.from.credentials.env == "" {
		return problem.Say(file)
	}
	return problem.Say("The environment's keys win over the profiles. Remove them (" + problem.Here().Unset("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN") + ") or ").Act(problem.ChooseProfile.Of("a profile")).Say("; or set them to keys that work. Then retry.")
}

// profileMissingWords are for a profile that no file has.
func (e *Error) profileMissingWords() words {
	w := words{
		problem.Credentials, "There is no such AWS profile",
		"The AWS config and credentials files have no profile named " + e.Profile + "." + e.notes(),
		problem.Say("List the names with: aws configure list-profiles; then choose one, or create this one with: " + e.command("configure")),
	}
	var absent *noProfileError
	if !errors.As(e.err, &absent) {
		return w
	}
	if absent.at.known() {
		w.text = absent.Error() + e.notes()
		w.next = problem.Say("List the names with: aws configure list-profiles; then set " + absent.at.env + " to one, or remove it (" + problem.Here().Unset(absent.at.env) + "). Or create this one with: " + e.command("configure"))
	}
	if absent.why != "" {
		w.text, w.next = "The profile's name "+absent.why+".", problem.Say("Give the name again without that. List the names with: aws configure list-profiles")
	}
	return w
}

// notes tell what is odd about the files, where it may be why something was
// not found in them.
func (e *Error) notes() string {
	var out strings.Builder
	for _, f := range e.from.absent {
		fmt.Fprintf(&out, " %s names a file that is not there.", place{env: f}.of(""))
	}
	out.WriteString(brokenWords(e.from.broken))
	return out.String()
}

// brokenWords name the lines that were left out, of the first file that has some.
func brokenWords(broken []place) string {
	if len(broken) == 0 {
		return ""
	}
	var numbers []string
	for _, at := range broken {
		if at.file == broken[0].file {
			numbers = append(numbers, strconv.Itoa(at.line))
		}
	}
	file := tilde(broken[0].file)
	if len(numbers) == 1 {
		return fmt.Sprintf(" Line %s of %s is neither a section nor a setting, and is left out.", numbers[0], file)
	}
	if len(numbers) > 5 {
		numbers = append(numbers[:5], fmt.Sprintf("… (%d in all)", len(numbers)))
	}
	return fmt.Sprintf(" Lines %s of %s are neither sections nor settings, and are left out.", strings.Join(numbers, ", "), file)
}

// settingWords are for a setting that cannot be used.
func (e *Error) settingWords() words {
	w := words{
		problem.Credentials, "The AWS config files cannot be used",
		"It was not possible to " + e.Doing + ": " + e.Message + e.notes(),
		problem.Say("Correct the file in an editor, then retry."),
	}
	var bad *settingError
	if !errors.As(e.err, &bad) {
		return w
	}
	if bad.at.env != "" {
		w.title = "An environment variable cannot be used"
		w.next = problem.Say("Correct " + bad.at.env + " or remove it (" + problem.Here().Unset(bad.at.env) + "), then retry.")
	}
	return w
}

// elsewhere names a setting that sends requests to another address than AWS's:
// it decides what answers, or that nothing does.
func (e *Error) elsewhere(w words) words {
	if at := e.from.container; at.known() && e.err != nil && strings.Contains(e.err.Error(), "failed to load credentials") {
		return words{
			problem.Credentials, "The address that gives credentials does not work",
			at.of("") + " names the address that this computer's credentials come from. It was not possible to " + e.Doing + ": " + e.Message,
			problem.Say("Correct " + at.env + ", or remove it if it is left over (" + problem.Here().Unset(at.env) + "). Then retry."),
		}
	}
	at := e.from.endpoint
	if !at.known() {
		return w
	}
	setting := at.of("endpoint_url")
	var answered smithy.APIError
	switch {
	case w.kind == problem.Unreachable && e.Code != codeNoAddress, e.Code == codeIncomplete, e.Code == "":
		unset := ""
		if at.env != "" {
			unset = " (" + problem.Here().Unset(at.env) + ")"
		}
		w.next = problem.Say(setting + " sends the requests to another address than AWS's. Correct it, or remove it if it is left over" + unset + ". Then retry.")
	case w.kind == problem.Credentials && errors.As(e.err, &answered):
		w.next = w.next.Say(" Mind that " + setting + " sends the requests to another address than AWS's.")
	}
	return w
}

// explicitDeny is what AWS says where a policy forbids expressly.
const explicitDeny = "with an explicit deny in a"

// Forbidden reports whether a policy forbids it expressly.
func (e *Error) Forbidden() bool {
	return denied(e.Code) && strings.Contains(e.Message, explicitDeny)
}

// denyWords are for a policy that forbids expressly: what another policy
// allows does not help then.
func (e *Error) denyWords(what string) (words, bool) {
	if !e.Forbidden() {
		return words{}, false
	}
	_, why, _ := strings.Cut(e.Message, explicitDeny)
	why = strings.TrimPrefix(why, "n")
	w := words{
		problem.Refused, "Forbidden by a policy: " + what,
		e.said(fmt.Sprintf("The identity of %s may not %s: a policy forbids it. The program's own IAM policy cannot help: an explicit deny wins over everything that is allowed.", profileWords(e.Profile), e.Doing)),
		problem.Next{},
	}
	owner := "Whoever manages the account's IAM policies can change it"
	for _, o := range []struct{ policy, owner string }{
		{"service control policy", "The policy is your organization's (a service control policy): only an administrator of its management account can change it"},
		{"resource control policy", "The policy is your organization's (a resource control policy): only an administrator of its management account can change it"},
		{"permissions boundary", "The policy is the permissions boundary of this identity: whoever made the identity can change it"},
		{"session policy", "The policy came with the session: whoever gave out these credentials, or the permission set of IAM Identity Center, can change it"},
		{"VPC endpoint policy", "The policy is that of the network's VPC endpoint: whoever manages that network can change it"},
	} {
		if strings.HasPrefix(strings.TrimSpace(why), o.policy) {
			owner = o.owner
		}
	}
	w.next = problem.Say(owner + ". Often it forbids some regions or types only: ").Act(problem.ChooseRegion.Of("another region or type")).Say(", or ").Do(problem.ChooseProfile).Say(". Then retry.")
	return w, true
}
