package ec2sim

import (
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

type someParams struct {
	page
	Name   string
	Count  *int
	On     bool
	Data   []byte
	Filter []filter
	Deep   struct{ Er struct{ Still []string } }
}

func TestParams(t *testing.T) {
	five := 5
	for name, c := range map[string]struct {
		query string
		want  someParams
		code  string
	}{
		"plain":        {query: "Action=A&Version=1&Name=a+b&Count=5&On=true", want: someParams{Name: "a b", Count: &five, On: true}},
		"embedded":     {query: "MaxResults=5&NextToken=t", want: someParams{page: page{&five, "t"}}},
		"base64":       {query: "Data=aGk%3D", want: someParams{Data: []byte("hi")}},
		"lists":        {query: "Filter.1.Name=n&Filter.1.Value.1=a&Filter.1.Value.2=b&Filter.2.Name=m", want: someParams{Filter: []filter{{"n", []string{"a", "b"}}, {"m", nil}}}},
		"order":        {query: "Deep.Er.Still.10=c&Deep.Er.Still.9=b&Deep.Er.Still.1=a", want: func() (p someParams) { p.Deep.Er.Still = []string{"a", "b", "c"}; return }()},
		"unknown":      {query: "Nam=x", code: "UnknownParameter"},
		"lower case":   {query: "page.MaxResults=5", code: "UnknownParameter"},
		"below a leaf": {query: "Name.X=x", code: "UnknownParameter"},
		"not a number": {query: "Count=many", code: "InvalidParameterValue"},
		"too big":      {query: "Count=99999999999", code: "InvalidParameterValue"},
		"not a bool":   {query: "On=maybe", code: "InvalidParameterValue"},
		"not base64":   {query: "Data=%21", code: "InvalidParameterValue"},
		"not a list":   {query: "Filter.x.Name=n", code: "UnknownParameter"},
		"twice":        {query: "Name=a&Name=b", code: "MalformedQueryString"},
		"empty part":   {query: "Deep..Er=a", code: "MalformedQueryString"},
		"too deep":     {query: strings.Repeat("a.", 20) + "a=1", code: "MalformedQueryString"},
	} {
		got, err := decodeSome(t, c.query)
		var api *apiError
		if c.code != "" {
			if !errors.As(err, &api) || api.Code != c.code {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
		} else if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}

func decodeSome(t *testing.T, query string) (someParams, error) {
	t.Helper()
	form, err := url.ParseQuery(query)
	if err != nil {
		t.Skip("not a query")
	}
	var got someParams
	tree, err := parseParams(form)
	if err == nil {
		err = tree.decode(&got)
	}
	return got, err
}

// FuzzParams: whatever the query, decoding answers a value or an error of
// AWS's, and what it took for a list has no more items than the query has
// parameters.
func FuzzParams(f *testing.F) {
	for _, seed := range []string{"Name=a&Filter.1.Name=x&Filter.1.Value.7=y", "Deep.Er.Still.1=a", "Count=1&On=true&Data=aGk%3D", "Filter.999999999999.Name=a", "Filter.01.Name=a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		got, err := decodeSome(t, query)
		var api *apiError
		if err != nil && !errors.As(err, &api) {
			t.Fatalf("%v is no error of AWS's", err)
		}
		if n := strings.Count(query, "=") + strings.Count(query, "&") + 1; len(got.Filter) > n || len(got.Deep.Er.Still) > n {
			t.Fatalf("%d parameters made %+v", n, got)
		}
	})
}

func FuzzPublicKey(f *testing.F) {
	f.Add("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBSnvVWyDO5lQIAxoDe6gI4dGoYLqCgYNWQIBaMdUhro me")
	f.Add("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ== x")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := parsePublicKey([]byte(text))
		if err != nil {
			return
		}
		again, err := parsePublicKey([]byte(key.line))
		if err != nil || again != key || key.fingerprint == "" {
			t.Fatalf("%q is %+v, and then %+v, %v", text, key, again, err)
		}
	})
}

func FuzzAuthorization(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=K/20261123/us-east-1/ec2/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff")
	f.Fuzz(func(t *testing.T, header string) {
		a, err := parseAuthorization(header)
		if err == nil && (a.keyID == "" || a.region == "" || a.service == "" || len(a.signedHeaders) == 0) {
			t.Fatalf("%q is %+v", header, a)
		}
	})
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", true},
		{"a*c", "abbbc", true},
		{"a*c", "abbbd", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{`a\*c`, "a*c", true},
		{`a\*c`, "abc", false},
		{"*noble*amd64*", "ubuntu-noble-24.04-amd64-server", true},
		{"abc", "abcd", false},
		{"", "", true},
		{"**", "x", true},
	} {
		if like(c.pattern, c.s) != c.want {
			t.Errorf("like(%q, %q) = %v", c.pattern, c.s, !c.want)
		}
	}
}
