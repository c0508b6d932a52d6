package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
	"testing/synctest"
)

func entry(instanceType, unit, usd string) string {
	return fmt.Sprintf(`{"product":{"productFamily":"Compute Instance","attributes":{"instanceType":%q,"regionCode":"eu-central-1"},"sku":"X"},"serviceCode":"AmazonEC2",
"terms":{"OnDemand":{"X.J":{"priceDimensions":{"X.J.6":{"unit":%q,"beginRange":"0","endRange":"Inf","pricePerUnit":{"USD":%q}}},"sku":"X"}},
"Reserved":{"X.R":{"priceDimensions":{"X.R.1":{"unit":"Hrs","pricePerUnit":{"USD":"0.0001"}}}}}}}`, instanceType, unit, usd)
}

func products(next string, entries ...string) reply {
	b, err := json.Marshal(map[string]any{"FormatVersion": "aws_v1", "PriceList": entries, "NextToken": next})
	if err != nil {
		panic(err)
	}
	return reply{status: 200, body: string(b)}
}

func TestPrices(t *testing.T) {
	w := &wire{t: t}
	w.answers = answers{"GetProducts": func(_ int, q request) reply {
		switch {
		case q.region != "us-east-1" || !strings.Contains(q.body, `"Value":"eu-central-1"`):
			t.Errorf("asked in %s: %s", q.region, q.body)
			return products("")
		case strings.Contains(q.body, `"gp3"`):
			return products("", entry("", "GB-Mo", "0.0952000000"))
		case strings.Contains(q.body, `"Value":"t9.huge"`):
			return products("")
		case strings.Contains(q.body, `"Value":"t3.micro"`):
			return products("", entry("t3.micro", "Hrs", "0.0120000000"))
		case strings.Contains(q.body, `"NextToken":"2"`):
			return products("", entry("p5.48xlarge", "Hrs", "98.32"), "no JSON", entry("free", "Hrs", "0.0000000000"), entry("cny", "Hrs", ""))
		}
		return products("2", entry("t3.micro", "Hrs", "0.0120000000"), entry("t3.nano", "Quantity", "5"))
	}}
	r := open(t, w, "eu-central-1").In("eu-central-1")
	for _, c := range []struct {
		ask  []string
		want map[string]float64
	}{
		{nil, map[string]float64{"t3.micro": 0.012, "p5.48xlarge": 98.32}},
		{[]string{"t3.micro", "t9.huge"}, map[string]float64{"t3.micro": 0.012}},
	} {
		p, err := r.Prices(context.Background(), c.ask...)
		if err != nil || !maps.Equal(p.Hour, c.want) || p.GP3 != 0.0952 || p.IPv4 != 0.005 || p.Fetched.IsZero() {
			t.Errorf("%v: %+v, %v", c.ask, p, err)
		}
	}
}

func TestPricesRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := regional(t, answers{"GetProducts": always(jsonError("AccessDeniedException", "User: arn:aws:iam::1:user/u is not authorized to perform: pricing:GetProducts"))})
		p, err := r.Prices(context.Background())
		if _, title, _, _ := explained(t, err); title != "Not permitted: pricing:GetProducts" {
			t.Errorf("title %q", title)
		}
		if p.IPv4 == 0 || p.GP3 != 0 || len(p.Hour) != 0 {
			t.Errorf("%+v", p)
		}
	})
}

func FuzzParseOffer(f *testing.F) {
	f.Add([]byte(entry("t3.micro", "Hrs", "0.0116")))
	f.Add([]byte(entry("t3.micro", "Hrs", "NaN")))
	f.Add([]byte(entry("t3.micro", "Hrs", "-1e999")))
	f.Add([]byte(`{"terms":{"OnDemand":{"a":{"priceDimensions":{"b":{"pricePerUnit":null}}}}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if o, err := parseOffer(b); err == nil && !(o.USD > 0 && !math.IsInf(o.USD, 0)) {
			t.Errorf("%+v", o)
		}
	})
}
