package aws

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// IPv4Hour is the price of a public IPv4 address in US dollars an hour, in use
// or not, the same in every region: https://aws.amazon.com/vpc/pricing/
const IPv4Hour = 0.005

// pricesAtOnce bounds how many questions for prices are asked at the same time.
const pricesAtOnce = 4

// Prices fetches the on-demand prices of the types named, or of all, and of
// gp3 disks. What has no price in the answer stays unknown, without an error.
// With an error, the prices that were had until then are there as well.
func (r *Regional) Prices(ctx context.Context, names ...string) (Prices, error) {
	p := Prices{Hour: map[string]float64{}, IPv4: IPv4Hour, Fetched: time.Now()}
	var mu sync.Mutex // held while p is written to
	var asked errgroup.Group
	asked.SetLimit(pricesAtOnce)
	ask := func(filters []priceFilter, each func(offer)) {
		asked.Go(func() error {
			return r.products(ctx, filters, func(o offer) {
				mu.Lock()
				defer mu.Unlock()
				each(o)
			})
		})
	}
	ask([]priceFilter{match("productFamily", "Storage"), match("volumeApiName", "gp3"), match("regionCode", r.name)}, func(o offer) {
		if o.Unit == "GB-Mo" {
			p.GP3 = o.USD
		}
	})
	// The filters that leave one offer per type:
	// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-to-get-pricing.html
	linux := []priceFilter{
		match("productFamily", "Compute Instance"), match("regionCode", r.name),
		match("operatingSystem", "Linux"), match("preInstalledSw", "NA"), match("licenseModel", "No License required"),
		match("tenancy", "Shared"), match("capacitystatus", "Used"), match("marketoption", "OnDemand"),
	}
	add := func(o offer) {
		if o.Type != "" && o.Unit == "Hrs" {
			p.Hour[o.Type] = o.USD
		}
	}
	if len(names) == 0 {
		ask(linux, add)
	}
	for _, name := range names {
		ask(append(linux[:len(linux):len(linux)], match("instanceType", name)), add)
	}
	err := asked.Wait()
	return p, err
}

// pricesIn is where the Price List service is asked. It answers in three regions
// only, for all regions: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-list-query-api.html
const pricesIn = "us-east-1"

// productQuery asks for products, and productPage is a part of the answer.
type productQuery struct {
	ServiceCode string
	Filters     []priceFilter
	MaxResults  int
	NextToken   string `json:",omitempty"`
}

type productPage struct {
	PriceList []string
	NextToken string
}

// priceFilter is an attribute that a product must have.
type priceFilter struct{ Type, Field, Value string }

func match(field, value string) priceFilter { return priceFilter{"TERM_MATCH", field, value} }

// products gives each the offers of all products that match. An entry that
// cannot be read is passed over: its price is unknown.
func (r *Regional) products(ctx context.Context, filters []priceFilter, each func(offer)) error {
	query := productQuery{ServiceCode: "AmazonEC2", Filters: filters, MaxResults: 100}
	for {
		var page productPage
		if err := r.account.call(ctx, priceListService(), pricesIn, "GetProducts", query, &page); err != nil {
			return r.account.fail(ctx, "fetch the prices", pricesIn, err)
		}
		for _, entry := range page.PriceList {
			if o, err := parseOffer([]byte(entry)); err == nil {
				each(o)
			}
		}
		if page.NextToken == "" || page.NextToken == query.NextToken {
			return nil
		}
		query.NextToken = page.NextToken
	}
}
