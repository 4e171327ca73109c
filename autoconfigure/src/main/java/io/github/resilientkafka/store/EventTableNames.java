package io.github.resilientkafka.store;

import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.hibernate.boot.Metadata;
import org.hibernate.boot.model.naming.Identifier;
import org.hibernate.boot.spi.BootstrapContext;
import org.hibernate.engine.jdbc.env.spi.IdentifierHelper;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.hibernate.integrator.spi.Integrator;
import org.hibernate.mapping.PersistentClass;
import org.hibernate.mapping.Property;
import org.hibernate.mapping.Table;
import org.hibernate.service.spi.SessionFactoryServiceRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives {@link FailedKafkaEvent} the names that its table and columns have, whatever the application's naming strategy,
 * default schema or quoting has made of them. A column is named as its attribute, in snake case.
 */
final class EventTableNames implements Integrator {

    static final String EVENTS = "failed_kafka_events";

    private static final Set<String> OURS = Set.of(EVENTS, "kafka_lane", FlywayMigration.HISTORY);

    private static final Logger logger = LoggerFactory.getLogger(EventTableNames.class);

    private static final Pattern WORD_START = Pattern.compile("(?=\\p{Upper})");

    private final Supplier<StoreScope> scope;

    private final @Nullable DataSource dataSource;

    EventTableNames(Supplier<StoreScope> scope, @Nullable DataSource dataSource) {
        this.scope = scope;
        this.dataSource = dataSource;
    }

    /**
     * Whether a table is one of ours.
     * @param table its name, in any case
     * @return whether nobody else may create, change or drop it
     */
    static boolean areOurs(String table) {
        return OURS.contains(table.toLowerCase(Locale.ROOT));
    }

    /** Hibernate has bound all entities by now, and built nothing upon the names yet. */
    @Override
    public void integrate(Metadata metadata, BootstrapContext context, SessionFactoryImplementor sessionFactory) {
        PersistentClass entity = metadata.getEntityBinding(FailedKafkaEvent.class.getName());
        if (entity == null) {
            return;
        }
        Table table = entity.getTable();
        table.setName(EVENTS);
        table.setCatalog(null);
        table.setSchema(schema(sessionFactory));
        var names = sessionFactory.getJdbcServices().getJdbcEnvironment().getIdentifierHelper();
        name(entity.getIdentifierProperty(), names);
        entity.getProperties().forEach(property -> name(property, names));
    }

    @Override
    public void disintegrate(SessionFactoryImplementor sessionFactory, SessionFactoryServiceRegistry registry) {}

    private static void name(Property property, IdentifierHelper names) {
        String name = WORD_START.matcher(property.getName()).replaceAll("_").toLowerCase(Locale.ROOT);
        // A column that has been quoted stays so, and then has to be written as the database keeps it.
        String quoted = names.toMetaDataObjectName(Identifier.toIdentifier(name));
        property.getColumns().forEach(column -> column.setName(column.isQuoted() ? quoted : name));
    }

    /** Without one, Hibernate's default schema would apply, which is the application's tables', not ours. */
    private @Nullable String schema(SessionFactoryImplementor sessionFactory) {
        String configured = this.scope.get().schema();
        if (configured != null) {
            return configured;
        }
        boolean defaultApplies = sessionFactory.getSqlStringGenerationContext().getDefaultSchema() != null;
        return defaultApplies && this.dataSource != null ? schemaOfConnections(this.dataSource) : null;
    }

    private static @Nullable String schemaOfConnections(DataSource dataSource) {
        try (var connection = dataSource.getConnection()) {
            String schema = connection.getSchema();
            return schema == null ? null : "`" + schema + "`";
        } catch (SQLException ex) {
            logger.warn(
                    "FailedKafkaEvent is looked for in Hibernate's default schema, because the database was not there"
                            + " to tell the connections' own: " + ex.getMessage());
            return null;
        }
    }
}
