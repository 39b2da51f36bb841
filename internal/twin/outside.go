package twin

import (
	"net/netip"
	"slices"
	"strings"
)

// SystemOf is the data system that a URL scheme or a word of a protocol stands
// for, in one spelling; "" where it is none.
func SystemOf(word string) string {
	word, _, _ = strings.Cut(strings.ToLower(word), "+")
	switch word {
	case "postgres", "postgresql", "pg", "pgsql", "psql", "jdbc:postgresql":
		return "postgresql"
	case "redis", "rediss", "sentinel":
		return "redis"
	case "mongo", "mongodb":
		return "mongodb"
	case "amqp", "amqps", "rabbitmq", "rabbit":
		return "amqp"
	case "mysql2", "mysqlx":
		return "mysql"
	case "sqlserver", "mssql", "microsoft.sql_server":
		return "mssql"
	case "oracle", "oracle.db":
		return "oracle"
	case "elastic", "es":
		return "elasticsearch"
	case "memcache":
		return "memcached"
	case "s3", "s3a", "aws.s3", "aws_s3":
		return "s3"
	case "gs", "gcs":
		return "gcs"
	case "wasb", "wasbs", "abfs", "abfss":
		return "azure-blob"
	case "aws.dynamodb", "dynamodb":
		return "dynamodb"
	case "azure.cosmosdb", "cosmosdb":
		return "cosmosdb"
	case "aws_sqs", "aws.sqs", "sqs":
		return "sqs"
	case "aws_sns", "aws.sns", "sns":
		return "sns"
	case "gcp_pubsub", "pubsub":
		return "pubsub"
	case "mysql", "mariadb", "valkey", "kafka", "nats", "elasticsearch", "opensearch", "memcached", "cassandra", "etcd", "cockroachdb",
		"clickhouse", "influxdb", "neo4j", "couchdb", "couchbase", "hbase", "spanner", "bigquery", "snowflake", "redshift", "pulsar",
		"activemq", "jms", "servicebus", "eventhubs", "minio", "zookeeper", "db2", "hive", "trino", "firestore", "bigtable", "milvus",
		"qdrant", "weaviate", "pinecone":
		return word
	}
	return ""
}

// SystemOfPort is the data system that listens on a port by custom.
func SystemOfPort(port int) string {
	if port == 0 {
		return ""
	}
	for _, system := range []string{"postgresql", "mysql", "redis", "mongodb", "kafka", "amqp", "elasticsearch", "memcached", "cassandra", "nats", "mssql", "etcd"} {
		if SystemPort(system) == port {
			return system
		}
	}
	return ""
}

// SystemOfHost is the data system of a cloud whose hosts have such names.
func SystemOfHost(host string) string {
	host = strings.ToLower(host)
	for _, c := range cloudSystems() {
		if strings.HasSuffix(host, c.suffix) && strings.Contains(host, c.part) {
			return c.system
		}
	}
	return ""
}

type cloudSystem struct{ part, suffix, system string }

func cloudSystems() []cloudSystem {
	return []cloudSystem{
		{"s3", ".amazonaws.com", "s3"},
		{"dynamodb.", ".amazonaws.com", "dynamodb"},
		{"sqs.", ".amazonaws.com", "sqs"},
		{"sns.", ".amazonaws.com", "sns"},
		{".redshift.", ".amazonaws.com", "redshift"},
		{".cache.", ".amazonaws.com", "redis"},
		{".kafka.", ".amazonaws.com", "kafka"},
		{"storage.", ".googleapis.com", "gcs"},
		{"bigquery.", ".googleapis.com", "bigquery"},
		{"pubsub.", ".googleapis.com", "pubsub"},
		{"firestore.", ".googleapis.com", "firestore"},
		{"", ".blob.core.windows.net", "azure-blob"},
		{"", ".database.windows.net", "mssql"},
		{"", ".documents.azure.com", "cosmosdb"},
		{"", ".redis.cache.windows.net", "redis"},
		{"", ".servicebus.windows.net", "servicebus"},
		{"", ".mongodb.net", "mongodb"},
		{"", ".confluent.cloud", "kafka"},
		{"", ".snowflakecomputing.com", "snowflake"},
	}
}

// IsPublicHost reports whether a host is the same from everywhere: a name of the
// public DNS, or a public address.
func IsPublicHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsGlobalUnicast() && !ip.IsPrivate() && !netip.MustParsePrefix("100.64.0.0/10").Contains(ip)
	}
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := parts[len(parts)-1]
	inner := []string{"local", "internal", "lan", "home", "corp", "test", "invalid", "localhost", "localdomain", "svc", "arpa"}
	return len(parts) > 1 && len(last) > 1 && !slices.Contains(inner, last) && !slices.Contains(parts, "svc")
}

// OutsideEnd is what a host stands for that is no workload known: a data store
// where the system says so, a service of somebody else where its name is public,
// else an address. An address that is the same from everywhere has the scope
// AddressWorld; a data store of which that is not so says in its name where it is.
func OutsideEnd(scope, system, host string, port int) End {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if IsPublicHost(host) && !inNamespace(scope, host) {
		scope = AddressWorld
	}
	if byHost := SystemOfHost(host); system == "" && byHost != "" {
		system = byHost
	}
	if system != "" {
		d := DataStore{System: system, Address: JoinPort(host, port)}
		if scope != AddressWorld {
			d.Within = scope
		}
		return End{Kind: KindDataStore, Name: d.Name()}
	}
	_, err := netip.ParseAddr(host)
	if scope == AddressWorld && err != nil {
		return End{Kind: KindSaaS, Name: host}
	}
	return End{Kind: KindAddress, Scope: scope, Name: host}
}

// inNamespace reports whether a host is SERVICE.NAMESPACE in the namespace of the
// scope: some names of namespaces are domains too.
func inNamespace(scope, host string) bool {
	service, namespace, ok := strings.Cut(host, ".")
	return ok && service != "" && strings.HasSuffix(scope, "/"+namespace)
}
