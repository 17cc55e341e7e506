package libp2p

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"golang.org/x/net/dns/dnsmessage"
)

// The packets of local discovery: docs/spec/transport.md.
const (
	maxRecords = 64  // read of one packet
	localTTL   = 120 // seconds
	localPort  = 4001
	addrPrefix = "dnsaddr="
)

// serviceOf names the service by which peers of a network seek each other. A
// service name has at most 15 letters, digits and hyphens (RFC 6763, 7.2), and a
// network's name may be longer: hence its hash.
func serviceOf(net string) string {
	sum := sha256.Sum256([]byte(net))
	return "_souk-" + hex.EncodeToString(sum[:4]) + "._udp.local."
}

// randomLabel returns 32 hexadecimal digits.
func randomLabel() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// question asks who offers a service.
func question(service string) []byte {
	m := dnsmessage.Message{Questions: []dnsmessage.Question{{
		Name: dnsmessage.MustNewName(service), Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET,
	}}}
	b, err := m.Pack()
	if err != nil {
		return nil // not for any name of ours
	}
	return b
}

// record says at which places this peer can be dialled: a PTR record with its TXT
// records, and the SRV and A records that some readers want and none needs.
func (l *local) record(places []multiaddr.Multiaddr) []byte {
	name, host := dnsmessage.MustNewName(l.instance+"."+l.service), dnsmessage.MustNewName(l.instance+".local.")
	head := func(n dnsmessage.Name) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: n, Class: dnsmessage.ClassINET, TTL: localTTL}
	}
	m := dnsmessage.Message{
		Header: dnsmessage.Header{Response: true, Authoritative: true},
		Answers: []dnsmessage.Resource{{
			Header: head(dnsmessage.MustNewName(l.service)), Body: &dnsmessage.PTRResource{PTR: name},
		}},
	}
	var text []string
	for _, a := range places {
		if s := addrPrefix + a.String() + "/p2p/" + l.n.key.String(); len(s) < 256 {
			text = append(text, s)
		}
		if ip, err := manet.ToIP(a); err == nil && len(m.Additionals) == 0 {
			if at, ok := netip.AddrFromSlice(ip.To4()); ok {
				m.Additionals = append(m.Additionals, dnsmessage.Resource{Header: head(host), Body: &dnsmessage.AResource{A: at.As4()}})
			}
		}
	}
	m.Additionals = append(m.Additionals,
		dnsmessage.Resource{Header: head(name), Body: &dnsmessage.TXTResource{TXT: text}},
		dnsmessage.Resource{Header: head(name), Body: &dnsmessage.SRVResource{Port: localPort, Target: host}})
	b, err := m.Pack()
	if err != nil {
		return nil
	}
	return b
}

// readPacket reports whether a packet asks for the service, and who it says
// offers it. Of what cannot be read, nothing is taken.
func readPacket(b []byte, service string) (asked bool, told []peer.AddrInfo) {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	if err != nil {
		return false, nil
	}
	for range maxRecords {
		q, err := p.Question()
		if err != nil {
			break
		}
		asked = asked || !h.Response && strings.EqualFold(q.Name.String(), service) &&
			(q.Type == dnsmessage.TypePTR || q.Type == dnsmessage.TypeALL)
	}
	if !h.Response || p.SkipAllQuestions() != nil {
		return asked, nil
	}
	var places []multiaddr.Multiaddr
	left := maxRecords
	for _, s := range []struct {
		head func() (dnsmessage.ResourceHeader, error)
		skip func() error
	}{{p.AnswerHeader, p.SkipAnswer}, {p.AuthorityHeader, p.SkipAuthority}, {p.AdditionalHeader, p.SkipAdditional}} {
		for ; left > 0; left-- {
			r, err := s.head()
			if err == dnsmessage.ErrSectionDone {
				break
			}
			if err != nil {
				return false, nil
			}
			if r.Type != dnsmessage.TypeTXT || !strings.HasSuffix(strings.ToLower(r.Name.String()), "."+service) {
				if s.skip() != nil {
					return false, nil
				}
				continue
			}
			text, err := p.TXTResource()
			if err != nil {
				return false, nil
			}
			places = append(places, placesOf(text.TXT)...)
		}
	}
	told, err = peer.AddrInfosFromP2pAddrs(places...)
	if err != nil || len(told) > maxRecords {
		return false, nil
	}
	return false, told
}

// placesOf reads the addresses in the texts of a TXT record.
func placesOf(texts []string) (places []multiaddr.Multiaddr) {
	for _, s := range texts {
		rest, ok := strings.CutPrefix(s, addrPrefix)
		if !ok || len(places) == MaxPeerAddrs {
			continue
		}
		if a, err := multiaddr.NewMultiaddr(rest); err == nil {
			if _, last := peer.SplitAddr(a); last != "" {
				places = append(places, a)
			}
		}
	}
	return places
}
