package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	nethttp "net/http"
	"strconv"
	"strings"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/protocol/payload"
)

// service is the worker. It holds no state of a task: each has a connection of its own.
type service struct {
	at    string
	media string
}

// Do asks once. After a fault it does not ask again: whether the work was done cannot be known. An
// Input whose Read blocks blocks Do.
func (s *service) Do(ctx context.Context, t worker.Task, out io.Writer) (worker.Result, error) {
	if err := t.Limits.Check(); err != nil {
		return worker.Result{}, fmt.Errorf("%w: %w", worker.ErrFailed, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, t.Limits.Time, worker.ErrTimeout)
	defer cancel()
	if ctx.Err() != nil {
		return worker.Result{}, ended(ctx)
	}
	in := &source{in: t.Input}
	made, err := s.ask(ctx, t, in, out)
	unread := in.close()
	switch {
	case unread != nil: // all else follows from that
		return worker.Result{}, fmt.Errorf("%w: read input: %w", worker.ErrFailed, unread)
	case err == nil, errors.Is(err, worker.ErrTooLarge):
		return made, err
	case ctx.Err() != nil:
		return worker.Result{}, ended(ctx)
	}
	return worker.Result{}, err
}

// ask sends the input and hands the answer's body to out.
func (s *service) ask(ctx context.Context, t worker.Task, in *source, out io.Writer) (worker.Result, error) {
	request, err := nethttp.NewRequestWithContext(ctx, nethttp.MethodPost, s.at, in)
	if err != nil {
		return worker.Result{}, fmt.Errorf("%w: %w", worker.ErrFailed, err)
	}
	request.ContentLength = t.Size
	request.Header.Set("Accept-Encoding", "identity")
	for name, value := range map[string]string{
		"Content-Type": t.InputType, HeaderCapability: t.Capability, HeaderJob: t.Job,
	} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	line := new(line)
	defer line.hangUp()
	answer, err := line.client().Do(request)
	if err != nil {
		return worker.Result{}, fmt.Errorf("%w: ask: %w", worker.ErrFailed, err)
	}
	defer answer.Body.Close() // only read from
	made, err := s.read(answer)
	if err != nil {
		return worker.Result{}, err
	}
	return made, hand(answer.Body, out, t.Limits.Output)
}

// read says what an answer's headers mean.
func (s *service) read(answer *nethttp.Response) (worker.Result, error) {
	made := worker.Result{Type: s.media}
	if answer.StatusCode != nethttp.StatusOK {
		return made, fmt.Errorf("%w: the program answered %s%s", worker.ErrFailed, strconv.Quote(answer.Status), words(answer))
	}
	if coding := strings.Join(answer.Header.Values("Content-Encoding"), ","); coding != "" && !strings.EqualFold(coding, "identity") {
		return made, fmt.Errorf("%w: the answer is encoded as %.40q, which was not asked for", worker.ErrFailed, coding)
	}
	if given := answer.Header.Get("Content-Type"); given != "" {
		media, _, err := mime.ParseMediaType(given)
		if err == nil {
			err = payload.CheckType(media)
		}
		if err != nil {
			return made, fmt.Errorf("%w: the answer's Content-Type %.80q is no media type", worker.ErrFailed, given)
		}
		made.Type = media
	}
	if given := answer.Header.Get(HeaderUnits); given != "" {
		units, err := strconv.ParseUint(given, 10, 64)
		if err != nil {
			return made, fmt.Errorf("%w: the answer's %s %.40q is no whole number", worker.ErrFailed, HeaderUnits, given)
		}
		made.Units = units
	}
	return made, nil
}

// words is the beginning of what a program said with its refusal, quoted so that no control character
// reaches a terminal, and where a redirect would lead.
func words(answer *nethttp.Response) string {
	if to := answer.Header.Get("Location"); to != "" {
		return fmt.Sprintf(" and names %.200q: redirects are not followed, name that URL in the offer", to)
	}
	said, _ := io.ReadAll(io.LimitReader(answer.Body, maxWords)) // what came is better than nothing
	if len(said) == 0 {
		return ""
	}
	return "; it said: " + strconv.Quote(string(said))
}

// hand copies a result, never more than limit bytes of it.
func hand(result io.Reader, out io.Writer, limit int64) error {
	buf := make([]byte, 32<<10)
	for left := limit; ; {
		n, err := result.Read(buf)
		over := int64(n) > left
		if over {
			n = int(left)
		}
		if n > 0 {
			if _, err := out.Write(buf[:n]); err != nil {
				return fmt.Errorf("%w: write result: %w", worker.ErrFailed, err)
			}
		}
		left -= int64(n)
		switch {
		case over:
			return fmt.Errorf("%w: over %d bytes", worker.ErrTooLarge, limit)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%w: read result: %w", worker.ErrFailed, err)
		}
	}
}

// ended says why ctx ended: worker.ErrTimeout for any deadline, the caller's reason otherwise.
func ended(ctx context.Context) error {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, worker.ErrTimeout):
		return cause
	case errors.Is(cause, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", worker.ErrTimeout, cause)
	default:
		return fmt.Errorf("%w: cancelled: %w", worker.ErrFailed, cause)
	}
}
