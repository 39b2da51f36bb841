// Package address finds the addresses of others that a configuration names:
// environment variables and arguments of a container. It is a leaf, so that what
// reads manifests and what reads a live cluster find the same.
//
// The model. A URL says where it leads wherever it stands. HOST:PORT and plain
// names of hosts look like much else, so they count only where the name of the
// variable says that an address is meant, or where they cannot be anything else
// (names of cluster services). What is found is inferred, never seen.
//
// Invariants. Of a value only scheme, host and port are kept: no user, password,
// path or query. Where it is not clear which part is the host, nothing is found.
// The same input gives the same list, in order, bounded.
package address

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Variable is a variable whose value is known, as configured.
type Variable struct{ Name, Value string }

// Found is an address with the place that names it.
type Found struct {
	Where   string // "env DATABASE_URL", "arg 2", "arg 2 --db"
	Address string // HOST[:PORT]
	Scheme  string // of a URL, lower case
}

// The bounds of what is looked at, and of what is found.
const (
	maxValue = 64 << 10
	maxFound = 200
	maxName  = 200
)

// In finds the addresses that a container's variables and its command with
// arguments name.
func In(env []Variable, args []string) []Found {
	c := collector{vars: map[string]string{}}
	for _, v := range env {
		v.Value = c.expand(v.Value)
		c.vars[v.Name] = v.Value
	}
	for _, v := range env {
		c.value("env "+bound(v.Name), v.Name, c.vars[v.Name])
	}
	for i, arg := range args {
		name, value, isFlag := flagOf(args, i)
		where := "arg " + strconv.Itoa(i+1)
		if isFlag && name != "" {
			where += " " + bound(name)
		}
		if value != "" {
			c.value(where, name, c.expand(value))
		} else if !strings.HasPrefix(arg, "-") {
			c.value(where, "", c.expand(arg))
		}
	}
	return Sorted(c.found)
}

// Sorted is the list in order, each once, bounded.
func Sorted(found []Found) []Found {
	slices.SortFunc(found, func(a, b Found) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Scheme, b.Scheme))
	})
	found = slices.Compact(found)
	return found[:min(len(found), maxFound)]
}

func bound(s string) string {
	if len(s) > maxName {
		return strings.ToValidUTF8(s[:maxName], "")
	}
	return s
}

// flagOf cuts "--name=value", and gives a value its flag where that stands before.
func flagOf(args []string, i int) (name, value string, isFlag bool) {
	if strings.HasPrefix(args[i], "-") {
		name, value, isFlag = strings.Cut(args[i], "=")
		return name, value, isFlag
	}
	if i > 0 && strings.HasPrefix(args[i-1], "-") && !strings.Contains(args[i-1], "=") && strings.Trim(args[i-1], "-") != "c" {
		return args[i-1], args[i], true
	}
	return "", "", false
}

// collector gathers what the values of one container name.
type collector struct {
	vars  map[string]string
	found []Found
}

var reference = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$[({][A-Za-z0-9_.-]+[)}]`) })

// expand writes out references to variables that are known.
func (c *collector) expand(value string) string {
	if len(value) > maxValue {
		value = value[:maxValue]
	}
	if !strings.Contains(value, "$") {
		return value
	}
	value = reference().ReplaceAllStringFunc(value, func(ref string) string {
		if v, ok := c.vars[ref[2:len(ref)-1]]; ok {
			return v
		}
		return ref
	})
	return value[:min(len(value), maxValue)]
}

func (c *collector) add(where, scheme, host, port string) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if len(c.found) >= 10*maxFound || !isHost(host) || isSelf(host) {
		return
	}
	address := host
	if strings.Contains(host, ":") {
		address = "[" + host + "]"
	}
	if port != "" {
		address += ":" + port
	}
	c.found = append(c.found, Found{Where: where, Address: address, Scheme: scheme})
}

// value finds what one value names; name is that of its variable or flag.
func (c *collector) value(where, name, value string) {
	value = strings.TrimSpace(value)
	if value == "" || c.urls(where, value) {
		return
	}
	words := wordsOf(name)
	if isSecret(words) {
		return
	}
	for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == ';' }) {
		c.plain(where, name, words, strings.TrimSpace(part))
	}
}

var (
	urls = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*)://([^\s"'<>|\\^` + "`" + `]+)`)
	})
	mysql = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`@(?:tcp|tcp6)\(([^()\s]+)\)/`) })
	libpq = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:^|\s)(host|hostaddr|port)=([^\s']+)`) })
)

// urls finds URLs and the ways in which drivers write addresses of databases.
// It reports whether the value is of that kind, also where nothing is found.
func (c *collector) urls(where, value string) bool {
	if !strings.Contains(value, "://") && !strings.Contains(value, "@tcp") && !strings.Contains(value, "host") {
		return false // most values: expressions are slow on long ones
	}
	if m := mysql().FindStringSubmatch(value); m != nil {
		host, port := cutPort(m[1])
		c.add(where, "mysql", host, port)
		return true
	}
	found := urls().FindAllStringSubmatch(value, maxFound)
	for _, m := range found {
		c.authority(where, strings.ToLower(m[1]), m[2])
	}
	if len(found) > 0 {
		return true
	}
	keys := map[string]string{}
	for _, m := range libpq().FindAllStringSubmatch(value, 8) {
		keys[m[1]] = m[2]
	}
	if host := cmp.Or(keys["host"], keys["hostaddr"]); host != "" && strings.Contains(value, " ") {
		c.add(where, "postgresql", host, validPort(keys["port"]))
		return true
	}
	return false
}

// authority takes the hosts of a URL: what is behind its scheme. A password may
// hold what ends an authority; then it is not clear what the host is.
func (c *collector) authority(where, scheme, rest string) {
	if isNoAddress(scheme) {
		return
	}
	end := strings.IndexAny(rest, "/?#;")
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	at := strings.LastIndexByte(authority, '@')
	if at < 0 && strings.Contains(rest[end:], "@") && strings.Contains(authority, ":") {
		return
	}
	for host := range strings.SplitSeq(authority[at+1:], ",") {
		host, port := cutPort(host)
		c.add(where, scheme, host, port)
	}
}

// isNoAddress knows schemes that lead to no other machine, or whose first part
// is none.
func isNoAddress(scheme string) bool {
	switch scheme {
	case "file", "unix", "unix-abstract", "classpath", "data", "jar", "urn", "vault", "secret", "fd", "passthrough", "arn", "oci", "docker", "sqlite", "sqlite3":
		return true
	}
	return false
}

// plain finds HOST:PORT and names of hosts.
func (c *collector) plain(where, name string, words []string, value string) {
	host, port := cutPort(value)
	if !isHost(host) || isNumber(host) {
		return
	}
	switch {
	case isClusterHost(host):
	case slices.ContainsFunc(words, isNotAddress):
		return
	case port != "" && strings.Contains(host, ".") && isDomain(host):
	case port != "" && slices.ContainsFunc(words, isHint):
	case port == "" && len(words) > 1 && isHostWord(words[len(words)-1]) && !isWord(host):
	default:
		return
	}
	if port == "" && len(words) > 0 {
		base := name[:strings.LastIndexAny(name, "_-.")+1]
		port = validPort(c.vars[base+"PORT"])
	}
	c.add(where, "", host, port)
}

// isDomain reports whether a name with dots is one of a host, or an address.
func isDomain(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	return len(last) > 1 && !strings.ContainsFunc(last, func(r rune) bool { return r < 'a' && r != '-' || r > 'z' })
}

func isClusterHost(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	parts := strings.Split(host, ".")
	return len(parts) > 2 && slices.Contains(parts[2:], "svc") || strings.HasSuffix(host, ".svc")
}
