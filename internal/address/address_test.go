package address_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidemark/tidemark/internal/address"
)

func TestInVariables(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		want        string // SCHEME://ADDRESS, comma separated; "": nothing
	}{
		{"REDIS_ADDR", "redis-cart:6379", "://redis-cart:6379"},
		{"mongo", "user-db:27017", "://user-db:27017"},
		{"MONGO_DB_URL", "mongodb://mongodb:27017/test", "mongodb://mongodb:27017"},
		{"ZIPKIN", "zipkin.jaeger.svc.cluster.local", "://zipkin.jaeger.svc.cluster.local"},
		{"X", "http://prometheus.monitoring.svc:9090/", "http://prometheus.monitoring.svc:9090"},
		{"DATABASE_URL", "postgres://app:s3cr3t@db.example.com:5432/orders?sslmode=require", "postgres://db.example.com:5432"},
		{"DATABASE_URL", "postgres://app:p@ss@db:5432/orders", "postgres://db:5432"},
		{"DATABASE_URL", "postgres://app:pa/ss@db:5432/orders", ""},
		{"DATABASE_URL", "postgres://app:12/ss@db:5432/orders", ""},
		{"DSN", "app:secret@tcp(mysql:3306)/shop?x=1", "mysql://mysql:3306"},
		{"DSN", "host=pg port=6432 user=x password=y", "postgresql://pg:6432"},
		{"SPRING_DATASOURCE_URL", "jdbc:sqlserver://mssql:1433;user=sa;password=x", "sqlserver://mssql:1433"},
		{"JDBC", "jdbc:mysql://a:1,b:2/x", "mysql://a:1,mysql://b:2"},
		{"KAFKA_BROKERS", "kafka-0.kafka:9092,kafka-1.kafka:9092", "://kafka-0.kafka:9092,://kafka-1.kafka:9092"},
		{"MONGO", "mongodb+srv://u:p@cluster0.abcde.mongodb.net/x", "mongodb+srv://cluster0.abcde.mongodb.net"},
		{"API_HOST", "API.Stripe.com.", "://api.stripe.com"},
		{"SE_EVENT_BUS_HOST", "selenium-hub", "://selenium-hub"},
		{"ANY", "db.example.com:5432", "://db.example.com:5432"},
		{"ANY", "[2001:db8::1]:5432", ""},
		{"DB_ADDR", "[2001:db8::1]:5432", "://[2001:db8::1]:5432"},
		{"METADATA_URL", "http://169.254.169.254/latest", "http://169.254.169.254"},
		{"JAVA_OPTS", "-Xmx128m -Durl=http://eureka:8761/eureka -Dx=file:/dev/urandom", "http://eureka:8761"},

		{"PORT", "8080", ""},
		{"LISTEN_ADDR", "0.0.0.0:8080", ""},
		{"ADDR", ":8080", ""},
		{"DB_HOST", "localhost", ""},
		{"DB_URL", "postgres://127.0.0.1/x", ""},
		{"SESSION_REDIS", "true", ""},
		{"GET_HOSTS_FROM", "dns", ""},
		{"MYSQL_DATABASE", "socksdb", ""},
		{"LOG_DIR", "/tmp/logs", ""},
		{"IMAGE", "registry.example.com:5000", ""},
		{"DB_PASSWORD", "abc.example.com:5432", ""},
		{"BASIC", "admin:12345", ""},
		{"START_TIME", "12:30", ""},
		{"SOCKET", "unix:///var/run/docker.sock", ""},
		{"EXPANDED", "http://$UNKNOWN/x", ""},
		{"HOSTNAME", "me", ""},
		{"SERVER", "1.2.3", ""},
	} {
		var got []string
		for _, f := range address.In([]address.Variable{{Name: c.name, Value: c.value}}, nil) {
			if f.Where != "env "+c.name {
				t.Errorf("%s is said to stand in %q", c.value, f.Where)
			}
			got = append(got, f.Scheme+"://"+f.Address)
		}
		if strings.Join(got, ",") != c.want {
			t.Errorf("%s=%s: got %v, want %s", c.name, c.value, got, c.want)
		}
	}
}

func TestInJoinsVariables(t *testing.T) {
	t.Parallel()
	env := []address.Variable{{Name: "MYSQL_DB_HOST", Value: "mysqldb"}, {Name: "MYSQL_DB_PORT", Value: "3306"}, {Name: "H", Value: "api"}, {Name: "URL", Value: "http://$(H):80/$(NO)"}}
	want := []address.Found{{Where: "env MYSQL_DB_HOST", Address: "mysqldb:3306"}, {Where: "env URL", Address: "api:80", Scheme: "http"}}
	if diff := cmp.Diff(want, address.In(env, nil)); diff != "" {
		t.Error(diff)
	}
}

func TestInArguments(t *testing.T) {
	t.Parallel()
	args := []string{"server", "--redis-addr=redis:6379", "--db", "postgres://u:p@pg/x", "--port=80", "sh", "-c", "wget http://api:8080/x && true", "--host=0.0.0.0"}
	want := []address.Found{
		{Where: "arg 2 --redis-addr", Address: "redis:6379"},
		{Where: "arg 4 --db", Address: "pg", Scheme: "postgres"},
		{Where: "arg 8", Address: "api:8080", Scheme: "http"},
	}
	if diff := cmp.Diff(want, address.In(nil, args)); diff != "" {
		t.Error(diff)
	}
}

func FuzzIn(f *testing.F) {
	for _, seed := range []string{"http://a:b@c:1/d", "x@tcp(h:1)/", "host=a port=b c", "a:1,b:2;c", "$(A)$(B)", "[::1]:1", "mongodb://u:p%40@h1,h2:3/x?y", "://", "a://b//c://d"} {
		f.Add("DB_ADDR", seed)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		const secret = "s3cr3tw0rd"
		env := []address.Variable{{Name: name, Value: value}, {Name: "U", Value: "postgres://u:" + secret + "@" + value}}
		found := address.In(env, []string{value, "--x=" + value})
		for _, f := range found {
			if strings.Contains(f.Address, secret) || strings.ContainsAny(f.Address, "@/ ?#") {
				t.Errorf("%q from %q", f.Address, value)
			}
		}
		if !slices.Equal(found, address.In(env, []string{value, "--x=" + value})) {
			t.Error("found differently the second time")
		}
	})
}
