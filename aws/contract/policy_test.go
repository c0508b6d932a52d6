package contract

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

// calls are the actions that package aws asked for, as IAM names them.
type calls struct {
	mu   sync.Mutex
	made map[string]bool
}

// behindHeader marks what the tests do behind package aws's back.
const behindHeader = "X-Behind"

type behind struct{ aws.HTTPDoer }

// Do implements the SDK's HTTPClient.
func (b behind) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set(behindHeader, "1")
	return b.HTTPDoer.Do(r)
}

// note takes an action down. What is created with tags needs to be allowed to
// tag as well.
func (c *calls) note(action string, r *http.Request) {
	if r.Header.Get(behindHeader) != "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil {
		c.made = map[string]bool{}
	}
	c.made[action] = true
	for field := range r.Form {
		if strings.HasPrefix(field, "TagSpecification.") {
			c.made["ec2:CreateTags"] = true
		}
	}
}

// oneOrMore is a word or a list of them, as IAM takes both.
type oneOrMore []string

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(o))
}

type statement struct {
	Sid, Effect      string
	Action, Resource oneOrMore
	Condition        map[string]map[string]any
}

// policy is the one that people are told to give.
func policy(t *testing.T) []statement {
	t.Helper()
	text, err := os.ReadFile(path.Join("..", "..", "docs", "iam-policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ Statement []statement }
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p.Statement
}

// allowed compares the calls with the policy: each must be in it, and, where
// all promises were kept, nothing else.
func (c *calls) allowed(t *testing.T, all bool) {
	t.Helper()
	free := []string{"sts:GetCallerIdentity"} // which everybody may
	var patterns []string
	for _, s := range policy(t) {
		patterns = append(patterns, s.Action...)
	}
	matches := func(pattern, action string) bool {
		ok, err := path.Match(pattern, action)
		return ok && err == nil
	}
	made := slices.Sorted(maps.Keys(c.made))
	for _, action := range made {
		if !slices.Contains(free, action) && !slices.ContainsFunc(patterns, func(p string) bool { return matches(p, action) }) {
			t.Errorf("%s is asked for, and docs/iam-policy.json does not allow it", action)
		}
	}
	for _, p := range patterns {
		if all && !slices.ContainsFunc(made, func(action string) bool { return matches(p, action) }) {
			t.Errorf("docs/iam-policy.json allows %s, and nothing asks for it", p)
		}
	}
}

// What is there already is changed only where the tag is; without a condition
// one may look and launch. A rule of a group has no tag: IAM asks for the
// rule and for its group, which has.
func TestPolicyIsNarrow(t *testing.T) {
	for _, s := range policy(t) {
		if s.Effect != "Allow" || s.Condition["Null"]["aws:ResourceTag/"+aws.TagSetup] == "false" {
			continue
		}
		for _, action := range s.Action {
			_, verb, _ := strings.Cut(action, ":")
			harmless := slices.ContainsFunc([]string{"Describe", "Get", "List", "Run", "Create", "Import"}, func(p string) bool { return strings.HasPrefix(verb, p) })
			aRule := action == "ec2:ModifySecurityGroupRules" && slices.Equal(s.Resource, oneOrMore{"arn:*:ec2:*:*:security-group-rule/*"})
			if !harmless && !aRule || action == "ec2:CreateTags" && len(s.Condition) == 0 {
				t.Errorf("%s allows %s wherever", s.Sid, action)
			}
		}
	}
}
