package aws

import (
	"context"
	"encoding/pem"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// KeyPairs lists the region's key pairs with their public keys.
func (r *Regional) KeyPairs(ctx context.Context) ([]KeyPair, error) {
	return r.keyPairs(ctx, "list the key pairs", &ec2.DescribeKeyPairsInput{})
}

// KeyPairsByTag lists the key pairs that carry all the tags.
func (r *Regional) KeyPairsByTag(ctx context.Context, tags map[string]string) ([]KeyPair, error) {
	return r.keyPairs(ctx, "look for the setup's key pairs", &ec2.DescribeKeyPairsInput{Filters: tagFilters(tags)})
}

func (r *Regional) keyPairs(ctx context.Context, doing string, in *ec2.DescribeKeyPairsInput) ([]KeyPair, error) {
	in.IncludePublicKey = sdk.Bool(true)
	out, err := r.ec2.DescribeKeyPairs(ctx, in)
	if err != nil {
		return nil, r.fail(ctx, doing, err)
	}
	list := make([]KeyPair, 0, len(out.KeyPairs))
	for _, k := range out.KeyPairs {
		list = append(list, KeyPair{
			ID: sdk.ToString(k.KeyPairId), Name: sdk.ToString(k.KeyName),
			PublicKey: bareKey(sdk.ToString(k.PublicKey)), Tags: tagMap(k.Tags),
		})
	}
	return list, nil
}

// ImportKeyPair gives EC2 a public key (authorized_keys form) under a name. If
// EC2 has the same key under the same name already, that is the answer. Where
// EC2's own answer tells no ID, the key is looked up, and imported again where
// it is not there.
func (r *Regional) ImportKeyPair(ctx context.Context, name, publicKey string, tags map[string]string) (k KeyPair, err error) {
	doing := "import the key pair " + name
	err = r.eventually(ctx, codeIncomplete, func() error {
		out, err := r.ec2.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{
			KeyName: sdk.String(name), PublicKeyMaterial: []byte(publicKey),
			TagSpecifications: tagSpecs(tags, types.ResourceTypeKeyPair),
		})
		if err == nil && sdk.ToString(out.KeyPairId) != "" {
			k = KeyPair{ID: *out.KeyPairId, Name: name, PublicKey: bareKey(publicKey), Tags: tagMap(out.Tags)}
			return nil
		}
		if err == nil || codeOf(err) == "InvalidKeyPair.Duplicate" {
			k, err = r.sameKey(ctx, doing, name, publicKey)
		}
		return err
	})
	return k, r.fail(ctx, doing, err)
}

func (r *Regional) sameKey(ctx context.Context, doing, name, publicKey string) (KeyPair, error) {
	have, err := r.keyPairs(ctx, doing, &ec2.DescribeKeyPairsInput{Filters: []types.Filter{filter("key-name", name)}})
	if err != nil {
		return KeyPair{}, err
	}
	for _, k := range have {
		if k.PublicKey == bareKey(publicKey) {
			return k, nil
		}
	}
	if len(have) == 0 {
		return KeyPair{}, r.own(codeIncomplete, doing, "EC2's answer has no key pair")
	}
	return KeyPair{}, r.own(codeKeyNameTaken, doing, "The name is "+name+".")
}

// CreateKeyPair has EC2 make an ed25519 key pair and returns its private key
// in PEM form. EC2 does not keep it: it cannot be had a second time. An answer
// without it, or without the pair's ID, is an *Error for which Incomplete
// reports true; a pair of that name may be there all the same.
func (r *Regional) CreateKeyPair(ctx context.Context, name string, tags map[string]string) (KeyPair, []byte, error) {
	doing := "create the key pair " + name
	out, err := r.ec2.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{
		KeyName: sdk.String(name), KeyType: types.KeyTypeEd25519, KeyFormat: types.KeyFormatPem,
		TagSpecifications: tagSpecs(tags, types.ResourceTypeKeyPair),
	})
	if err != nil {
		return KeyPair{}, nil, r.fail(ctx, doing, err)
	}
	k := KeyPair{ID: sdk.ToString(out.KeyPairId), Name: sdk.ToString(out.KeyName), Tags: tagMap(out.Tags)}
	private := []byte(sdk.ToString(out.KeyMaterial))
	if block, _ := pem.Decode(private); block == nil || k.ID == "" {
		return k, nil, r.own(codeIncomplete, doing, "EC2's answer has no whole key")
	}
	return k, private, nil
}

// Incomplete reports whether an error is an answer of AWS's that is not whole.
func Incomplete(err error) bool { return codeOf(err) == codeIncomplete }

// DeleteKeyPair deletes a key pair by its ID, and returns once it is not there
// any more.
func (r *Regional) DeleteKeyPair(ctx context.Context, id string) error {
	return r.vanish(ctx, "delete the key pair "+id, func() error {
		_, err := r.ec2.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyPairId: sdk.String(id)})
		return err
	}, func() (bool, error) {
		out, err := r.ec2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{Filters: byID("key-pair-id", id)})
		return err == nil && len(out.KeyPairs) > 0, err
	})
}

// bareKey is a public key without its comment: "ssh-ed25519 AAAA…".
func bareKey(authorized string) string {
	fields := strings.Fields(authorized)
	return strings.Join(fields[:min(2, len(fields))], " ")
}
