package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// offer is the on-demand price of one product.
type offer struct {
	Type  string // the instance type, or empty
	Usage string // "EBS:VolumeUsage.gp3", with the region's own word before it
	Unit  string // "Hrs", "GB-Mo"
	USD   float64
}

// priceList is the part that matters of an entry of GetProducts' PriceList:
// https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html
type priceList struct {
	Product struct {
		Attributes struct {
			InstanceType string `json:"instanceType"`
			UsageType    string `json:"usagetype"`
		} `json:"attributes"`
	} `json:"product"`
	Terms struct {
		OnDemand map[string]struct {
			PriceDimensions map[string]struct {
				Unit         string            `json:"unit"`
				BeginRange   string            `json:"beginRange"`
				PricePerUnit map[string]string `json:"pricePerUnit"`
			} `json:"priceDimensions"`
		} `json:"OnDemand"`
	} `json:"terms"`
}

// parseOffer reads an entry. Prices that are zero, negative, no numbers or in
// another currency than US dollars are errors: unknown is better than wrong.
func parseOffer(entry []byte) (offer, error) {
	var list priceList
	if err := json.Unmarshal(entry, &list); err != nil {
		return offer{}, fmt.Errorf("read a price list entry: %w", err)
	}
	for _, term := range list.Terms.OnDemand {
		for _, d := range term.PriceDimensions {
			usd, err := strconv.ParseFloat(d.PricePerUnit["USD"], 64)
			if err != nil || !(usd > 0) || math.IsInf(usd, 0) {
				continue
			}
			if d.BeginRange != "" && d.BeginRange != "0" {
				continue // a cheaper step for larger amounts
			}
			return offer{Type: list.Product.Attributes.InstanceType, Usage: list.Product.Attributes.UsageType, Unit: d.Unit, USD: usd}, nil
		}
	}
	return offer{}, errors.New("a price list entry without an on-demand price in US dollars")
}
