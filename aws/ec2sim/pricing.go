package ec2sim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// exampleNote labels every price: the embedded cloud's prices are near AWS's
// and are not AWS's.
const exampleNote = "example price of the embedded cloud"

// offerCode is AWS's code of on-demand offers, and rateCode that of their
// rates (docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html).
const (
	offerCode = "JRTCKXETXF"
	rateCode  = "6YS6EN2CT7"
)

// product is one entry of a price list.
type product struct {
	family, unit string
	usd          float64
	attributes   map[string]string
}

type getProductsIn struct {
	ServiceCode   string
	FormatVersion string
	Filters       []priceFilter
	NextToken     string
	MaxResults    *int
}

type priceFilter struct{ Type, Field, Value string }

type getProductsOut struct {
	FormatVersion string
	PriceList     []string
	NextToken     string `json:",omitempty"`
}

func getProducts(c *call, in *getProductsIn) (*getProductsOut, error) {
	if !slices.Contains([]string{"us-east-1", "eu-central-1", "ap-south-1"}, c.regionName) {
		return nil, refuse("UnrecognizedClientException", "")
	}
	if !slices.Contains([]string{"AmazonEC2", "AmazonVPC"}, in.ServiceCode) {
		return nil, refuse("InvalidParameterException", "The service code %q is not valid", in.ServiceCode)
	}
	var all []product
	for _, g := range geos() {
		// Sooner than one by one below, because there are thousands.
		if slices.ContainsFunc(in.Filters, func(f priceFilter) bool {
			return f.Field == "regionCode" && !strings.EqualFold(f.Value, g.name)
		}) {
			continue
		}
		switch in.ServiceCode {
		case "AmazonEC2":
			all = append(all, computeProducts(g)...)
		case "AmazonVPC":
			all = append(all, addressProduct(g))
		}
	}
	for _, f := range in.Filters {
		if f.Type != "TERM_MATCH" {
			return nil, refuse("InvalidParameterException", "The embedded cloud knows the filter type TERM_MATCH only")
		}
		all = slices.DeleteFunc(all, func(p product) bool {
			return !strings.EqualFold(p.attributes[f.Field], f.Value)
		})
	}
	list, next, err := paged(c, page{in.MaxResults, in.NextToken}, all, 1, 100)
	if err != nil {
		return nil, err
	}
	out := &getProductsOut{FormatVersion: "aws_v1", NextToken: next, PriceList: []string{}}
	for _, p := range list {
		text, err := p.entry(in.ServiceCode)
		if err != nil {
			return nil, err
		}
		out.PriceList = append(out.PriceList, text)
	}
	return out, nil
}

// computeProducts are a region's instance types and its gp3 storage. Besides
// what one pays for there are, as in AWS's list, entries that a careless
// filter takes for it: reserved capacity at 0, and Windows.
func computeProducts(g geo) []product {
	var all []product
	for _, t := range catalog() {
		if len(t.zones(g)) == 0 {
			continue
		}
		for _, v := range []struct {
			os, capacity string
			factor       float64
		}{{"Linux", "Used", 1}, {"Linux", "AllocatedCapacityReservation", 0}, {"Windows", "Used", 1.5}} {
			all = append(all, product{"Compute Instance", "Hrs", t.price * g.pricing * v.factor, map[string]string{
				"servicecode": "AmazonEC2", "servicename": "Amazon Elastic Compute Cloud", "productFamily": "Compute Instance",
				"instanceType": t.name, "instanceFamily": t.family(), "regionCode": g.name, "location": g.title, "locationType": "AWS Region",
				"operatingSystem": v.os, "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": v.capacity,
				"licenseModel": "No License required", "operation": "RunInstances", "marketoption": "OnDemand",
				"vcpu": strconv.Itoa(t.vcpu), "memory": strconv.FormatFloat(t.gib, 'g', -1, 64) + " GiB",
				"usagetype": v.capacity + "BoxUsage:" + t.name, "currentGeneration": "Yes",
			}})
		}
	}
	for _, s := range []struct {
		usage string
		usd   float64
	}{{"EBS:SnapshotUsage", .05}, {"EBS:SnapshotArchiveStorage", .0125}} {
		all = append(all, product{"Storage Snapshot", "GB-Mo", s.usd * g.pricing, map[string]string{
			"servicecode": "AmazonEC2", "servicename": "Amazon Elastic Compute Cloud", "productFamily": "Storage Snapshot",
			"regionCode": g.name, "location": g.title, "locationType": "AWS Region", "usagetype": s.usage,
		}})
	}
	return append(all, product{"Storage", "GB-Mo", .08 * g.pricing, map[string]string{
		"servicecode": "AmazonEC2", "servicename": "Amazon Elastic Compute Cloud", "productFamily": "Storage",
		"volumeApiName": "gp3", "volumeType": "General Purpose", "storageMedia": "SSD-backed",
		"regionCode": g.name, "location": g.title, "locationType": "AWS Region", "usagetype": "EBS:VolumeUsage.gp3",
	}})
}

// addressProduct is a public IPv4 address in use, the same price everywhere.
func addressProduct(g geo) product {
	return product{"VPC", "Hrs", .005, map[string]string{
		"servicecode": "AmazonVPC", "servicename": "Amazon Virtual Private Cloud", "productFamily": "VPC",
		"group": "VPCPublicIPv4Address", "groupDescription": "Hourly charge for In-use Public IPv4 Addresses",
		"regionCode": g.name, "location": g.title, "locationType": "AWS Region", "usagetype": "PublicIPv4:InUseAddress",
	}}
}

// entry is the product as a JSON text in AWS's form.
func (p product) entry(serviceCode string) (string, error) {
	sum := sha256.Sum256(fmt.Append(nil, p.attributes))
	sku := strings.ToUpper(strings.NewReplacer("_", "A", "-", "B").Replace(base64.RawURLEncoding.EncodeToString(sum[:12])))
	offer, rate := sku+"."+offerCode, sku+"."+offerCode+"."+rateCode
	price := strconv.FormatFloat(p.usd, 'f', 10, 64)
	text, err := json.Marshal(map[string]any{
		"product":     map[string]any{"productFamily": p.family, "sku": sku, "attributes": p.attributes},
		"serviceCode": serviceCode,
		"terms": map[string]any{"OnDemand": map[string]any{offer: map[string]any{
			"sku": sku, "offerTermCode": offerCode, "effectiveDate": "2026-11-01T00:00:00Z", "termAttributes": map[string]any{},
			"priceDimensions": map[string]any{rate: map[string]any{
				"rateCode": rate, "unit": p.unit, "beginRange": "0", "endRange": "Inf", "appliesTo": []string{},
				"description":  "$" + price + " per " + p.unit + " (" + exampleNote + ")",
				"pricePerUnit": map[string]string{"USD": price},
			}},
		}}},
		"version": "20261101000000", "publicationDate": "2026-11-01T00:00:00Z",
	})
	if err != nil {
		return "", fmt.Errorf("encoding a price: %w", err)
	}
	return string(text), nil
}
