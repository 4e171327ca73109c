package io.github.resilientkafka.store;

import io.github.resilientkafka.message.ConfigurationException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whose rows we see, and where the tables are.
 *
 * @param schema the tables' schema as written in SQL, or null for the connection's own
 * @param namespace the application
 * @param channel which of the application's streams of stored events
 */
public record StoreScope(@Nullable String schema, String namespace, String channel) {

    /**
     * The only channel so far.
     */
    public static final String DEFAULT_CHANNEL = "default";

    private static final Logger logger = LoggerFactory.getLogger(StoreScope.class);

    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}");

    private static final int NAMESPACE_LENGTH = 200;

    public StoreScope {
        if (schema != null && !IDENTIFIER.matcher(schema).matches()) {
            throw new ConfigurationException(
                    "resilient-kafka.schema",
                    "'" + schema + "' is not a plain SQL name",
                    "Use letters, digits and underscores, at most 63, not starting with a digit.");
        }
        if (namespace.length() > NAMESPACE_LENGTH || !namespace.equals(StoredText.clean(namespace, NAMESPACE_LENGTH))) {
            throw new ConfigurationException(
                    "resilient-kafka.namespace",
                    "it is longer than " + NAMESPACE_LENGTH + " characters, or has characters that cannot be stored",
                    "Set resilient-kafka.namespace to a short name of this application.");
        }
    }

    /**
     * Resolves what the properties leave open.
     * @param properties schema and namespace
     * @param applicationName {@code spring.application.name}, if set
     * @return the scope, with the default channel
     */
    static StoreScope of(ResilientKafkaProperties properties, @Nullable String applicationName) {
        return new StoreScope(
                blankToNull(properties.schema()), namespace(properties, blankToNull(applicationName)), DEFAULT_CHANNEL);
    }

    private static String namespace(ResilientKafkaProperties properties, @Nullable String applicationName) {
        String namespace = blankToNull(properties.namespace());
        if (namespace != null) {
            return namespace;
        }
        if (applicationName != null) {
            return applicationName;
        }
        logger.warn("Neither resilient-kafka.namespace nor spring.application.name is set: events are stored under the"
                + " name 'application', and any other such application that shares the tables would take them for its"
                + " own");
        return "application";
    }

    private static @Nullable String blankToNull(@Nullable String value) {
        return value == null || value.isBlank() ? null : value;
    }

    /**
     * Returns a number made of namespace and channel, which rows have beside them: an index finds rows faster by it than by
     * two texts. Others may have the same. As it is stored, it must be the same in every Java and for ever: how the hash of
     * a string is computed is specified, that of a record is not.
     */
    int number() {
        return 31 * this.namespace.hashCode() + this.channel.hashCode();
    }

    /**
     * Puts the tables' names into a statement.
     * @param statement with {@code {events}} and {@code {lanes}} where the names go
     * @return the statement as the database takes it
     */
    public String sql(String statement) {
        String prefix = this.schema == null ? "" : this.schema + ".";
        return statement.replace("{events}", prefix + "failed_kafka_events").replace("{lanes}", prefix + "kafka_lane");
    }
}
