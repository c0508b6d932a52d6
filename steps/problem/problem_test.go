package problem

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

func TestOfFindsTheProblemThatIsWrapped(t *testing.T) {
	cause := errors.New("cause")
	e := &Error{Kind: Refused, Title: "No", Text: "It said no.", Next: Do(Retry), Err: cause}
	p, ok := Of(fmt.Errorf("asking: %w", e))
	if !ok || p.Kind != Refused || p.Title != "No" || p.Text != "It said no." || p.Next.String() != "[retry]" {
		t.Errorf("%+v, %v", p, ok)
	}
	if !errors.Is(e, cause) || !strings.Contains(e.Error(), "It said no. (cause)") {
		t.Errorf("%v", e)
	}
	told := &Error{Text: "It cannot be used: cause.", Err: cause}
	if got := told.Error(); got != told.Text {
		t.Errorf("the cause is said twice: %q", got)
	}
	if _, ok := Of(cause); ok {
		t.Error("an error without words is told as a problem")
	}
}

func TestNextWordsItsActions(t *testing.T) {
	words := func(a Action) string { return "do " + string(a.Verb) + " " + a.Name }
	for want, n := range map[string]Next{
		"":                        {},
		"Wait a minute.":          Say("Wait a minute."),
		"Do start lab.":           Act(Action{Verb: Start, Name: "lab"}).Say("."),
		"Wait, then do start lab": Say("Wait, then ").Act(Action{Verb: Start, Name: "lab"}),
		"Wait. Do start lab.":     Say("Wait. ").Then(Act(Action{Verb: Start, Name: "lab"}).Say(".")),
	} {
		if got := n.In(words); got != want {
			t.Errorf("%q, not %q", got, want)
		}
		if n.Empty() != (want == "") {
			t.Errorf("%q is empty: %v", want, n.Empty())
		}
	}
}

func TestNextsThatShareABeginningStayApart(t *testing.T) {
	begin := Say("Wait").Say(" ").Say("or ")
	first, second := begin.Say("sleep"), begin.Do(Retry)
	if first.String() != "Wait or sleep" || second.String() != "Wait or [retry]" {
		t.Errorf("%q, %q", first, second)
	}
}

// What files, hosts and AWS said is in parameters too.
func TestWithChangesEveryText(t *testing.T) {
	p := Problem{
		Kind: Failed, Title: "bad", Text: "bad", Raw: "bad",
		Next: Say("Mend bad, then ").Act(Action{Verb: SignIn, Name: "bad", What: "bad", Command: "bad"}).Say(" bad "),
	}
	p = p.With(func(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "bad", "good") })
	if p.Title+p.Text+p.Raw != "goodgoodgood" || p.Next.String() != "Mend good, then [sign-in good good good] good " {
		t.Errorf("%+v", p)
	}
}

// The front ends' tests go through the lists.
func TestListsAreComplete(t *testing.T) {
	var kinds, verbs []string
	for _, k := range Kinds() {
		kinds = append(kinds, string(k))
	}
	for _, v := range Verbs() {
		verbs = append(verbs, string(v))
	}
	for file, list := range map[string][]string{"problem.go": kinds, "action.go": verbs} {
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		var declared []string
		ast.Inspect(source, func(n ast.Node) bool {
			if c, ok := n.(*ast.GenDecl); !ok || c.Tok != token.CONST {
				return true
			}
			ast.Inspect(n, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok {
					declared = append(declared, strings.Trim(l.Value, `"`))
				}
				return true
			})
			return false
		})
		if len(declared) == 0 || !slices.Equal(declared, list) {
			t.Errorf("%s declares %v and lists %v", file, declared, list)
		}
	}
}

func TestCapital(t *testing.T) {
	for text, want := range map[string]string{"": "", "it": "It", "émile": "Émile", "--type": "--type"} {
		if got := Capital(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
