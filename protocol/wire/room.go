package wire

import "reflect"

// The most bytes that values of some sorts have, heads included.
const (
	mostHead   = 9
	mostAmount = 17
	ofKey      = 34
	ofLink     = 41
)

// gauge learns how much room every value of s takes alike.
func (s *shape) gauge() {
	switch s.sort {
	case aNumber, anInteger:
		s.most = mostHead
	case aFlag:
		s.most = 1
	case aKey:
		s.most = ofKey
	case aLink:
		s.most = ofLink
	case anAmount:
		s.most = mostAmount
	case fixedBytes:
		s.most = mostHead + s.goType.Len()
	case fields, aRow:
		s.gaugeFields()
	default:
		s.most, s.varies = mostHead, true
	}
}

func (s *shape) gaugeFields() {
	s.most = mostHead
	for i := range s.fields {
		f := &s.fields[i]
		if f.optional || f.of.varies {
			s.varying = append(s.varying, i)
			s.varies = true
			continue
		}
		s.most += len(f.key) + f.of.most
	}
}

// room returns as many bytes as v takes, or somewhat more: enough that what is
// written needs no other room.
func (s *shape) room(v reflect.Value) int {
	if !s.varies {
		return s.most
	}
	n := s.most
	switch s.sort {
	case aText, someBytes:
		return n + v.Len()
	case aList:
		if !s.of.varies {
			return n + v.Len()*s.of.most
		}
		for i := range v.Len() {
			n += s.of.room(v.Index(i))
		}
	case aPlace:
		if !v.IsNil() {
			return s.of.room(v.Elem())
		}
	case fields, aRow:
		for _, i := range s.varying {
			f := &s.fields[i]
			if x := f.in(v); !f.optional || !f.of.silent(x) {
				n += len(f.key) + f.of.room(x)
			}
		}
	}
	return n // of maps and interfaces it is a guess
}
