package address

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// wordsOf cuts the name of a variable or flag into lower-case words.
func wordsOf(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '_' || r == '-' || r == '.' })
}

// isSecret reports whether a variable with such a name holds what nobody may
// see: then only a URL in it counts.
func isSecret(words []string) bool {
	for _, w := range words {
		switch w {
		case "password", "passwd", "pass", "pwd", "secret", "token", "key", "credential", "credentials", "auth", "apikey", "cert", "private":
			return true
		}
	}
	return false
}

// isHostWord knows the last words of names whose values are hosts.
func isHostWord(word string) bool {
	switch word {
	case "host", "hosts", "addr", "address", "addresses", "server", "servers", "endpoint", "endpoints", "url", "uri",
		"service", "seeds", "broker", "brokers", "peers", "upstream", "backend", "bootstrap", "dsn":
		return true
	}
	return false
}

// isHint knows words that say that HOST:PORT is meant: words for hosts, and what
// is asked for there.
func isHint(word string) bool {
	if isHostWord(word) {
		return true
	}
	switch word {
	case "target", "proxy", "gateway", "node", "nodes", "cluster", "sentinel", "registry", "database", "db", "cache", "queue",
		"mongo", "mongodb", "redis", "valkey", "mysql", "mariadb", "postgres", "postgresql", "pg", "kafka", "rabbitmq", "rabbit", "amqp",
		"nats", "memcached", "memcache", "elasticsearch", "elastic", "opensearch", "cassandra", "etcd", "consul", "zipkin", "jaeger",
		"otel", "otlp", "collector", "zookeeper", "minio", "s3", "smtp", "ldap", "syslog", "statsd", "graphite", "influxdb", "clickhouse":
		return true
	}
	return false
}

// isNotAddress knows words of names whose values only look like HOST:PORT.
func isNotAddress(word string) bool {
	switch word {
	case "image", "tag", "version", "listen", "bind", "user", "username", "time", "date", "cron", "schedule", "path", "model", "mapping":
		return true
	}
	return false
}

// isWord knows values that stand where a host could, and are none.
func isWord(value string) bool {
	switch strings.ToLower(value) {
	case "true", "false", "yes", "no", "on", "off", "none", "null", "nil", "dns", "env", "default", "auto", "enabled", "disabled", "all", "any":
		return true
	}
	return false
}

var hostName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*\.?$`)
})

func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return len(s) <= 253 && hostName().MatchString(s) && !isNumber(s)
}

// isNumber also knows versions and times: they hold no letter.
func isNumber(s string) bool {
	_, err := netip.ParseAddr(s)
	return err != nil && !strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
}

// isSelf reports whether the address is the container's own, or none.
func isSelf(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.IsLoopback() || ip.IsUnspecified() || ip.IsMulticast())
}

// cutPort cuts HOST:PORT. What has a port that is none is no host.
func cutPort(s string) (host, port string) {
	if rest, ok := strings.CutPrefix(s, "["); ok {
		host, after, _ := strings.Cut(rest, "]")
		return host, validPort(strings.TrimPrefix(after, ":"))
	}
	if strings.Count(s, ":") != 1 {
		return s, ""
	}
	host, port, _ = strings.Cut(s, ":")
	if validPort(port) == "" {
		return "", ""
	}
	return host, validPort(port)
}

func validPort(s string) string {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}
