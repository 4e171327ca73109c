package io.github.resilientkafka.store;

import io.github.resilientkafka.message.ConfigurationException;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.sql.init.dependency.DatabaseInitializationDependencyConfigurer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Auto-configuration of the event store: its pool, its tables, and the two ways to see them. Backs off from a publisher
 * of the application's own, which has no use for them.
 */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration",
            "org.springframework.boot.autoconfigure.flyway.FlywayAutoConfiguration",
            "org.springframework.boot.autoconfigure.liquibase.LiquibaseAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration",
            "org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration"
        })
@ImportRuntimeHints(StoreRuntimeHints.class)
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
@ConditionalOnMissingBean(type = "io.github.resilientkafka.publisher.EventPublisher")
@EnableConfigurationProperties({ResilientKafkaProperties.class, FallbackProperties.class, RetryProperties.class})
final class StoreAutoConfiguration {

    static final String STORE_FAILURES = "resilient-kafka.fallback.store-failures";

    private static final Logger logger = LoggerFactory.getLogger(StoreAutoConfiguration.class);

    @Bean
    @ConditionalOnMissingBean
    StoreScope resilientKafkaStoreScope(ResilientKafkaProperties properties, Environment environment) {
        return StoreScope.of(properties, environment.getProperty("spring.application.name"));
    }

    @Bean
    @ConditionalOnMissingBean
    RetrySchedule resilientKafkaRetrySchedule(RetryProperties properties) {
        return new RetrySchedule(properties.backoff());
    }

    /**
     * The store in a database.
     */
    @Configuration(proxyBeanMethods = false)
    @Conditional(StoreFailuresCondition.class)
    @ConditionalOnClass(DelegatingDataSource.class)
    @ConditionalOnMissingBean(EventStore.class)
    static class JdbcStoreConfiguration {

        @Bean
        StoreDataSource resilientKafkaStoreDataSource(
                @ResilientKafkaDataSource ObjectProvider<DataSource> qualified, ObjectProvider<DataSource> any) {
            return StoreDataSource.choose(qualified, any);
        }

        @Bean
        DatabaseVendor resilientKafkaDatabaseVendor(StoreDataSource source) {
            return DatabaseVendor.of(source);
        }

        @Bean
        SchemaInitializer resilientKafkaSchemaInitializer(
                StoreDataSource source, DatabaseVendor vendor, StoreScope scope, FallbackProperties properties) {
            return new SchemaInitializer(source.dataSource(), vendor, scope, properties.migrate());
        }

        @Bean
        JdbcEventStore resilientKafkaEventStore(
                StoreDataSource source,
                DatabaseVendor vendor,
                StoreScope scope,
                SchemaInitializer schema,
                RetryProperties properties) {
            boolean retain = !properties.retention().isZero();
            return vendor.eventStore(new JdbcSession(source.dataSource(), schema::beforeUse), scope, retain);
        }

        @Bean
        @ConditionalOnMissingBean
        GroupCommitWriter resilientKafkaGroupCommitWriter(EventStore store, FallbackProperties properties) {
            return new GroupCommitWriter(store, properties.batchSize());
        }

        @Bean
        @ConditionalOnMissingBean(FailedEvents.class)
        JdbcFailedEvents resilientKafkaFailedEvents(
                StoreDataSource source, DatabaseVendor vendor, StoreScope scope, SchemaInitializer schema) {
            return vendor.failedEvents(new JdbcSession(source.dataSource(), schema::beforeUse), scope);
        }

        @Bean
        @ConditionalOnMissingBean(DeadLetterRows.class)
        JdbcDeadLetterRows resilientKafkaDeadLetterRows(
                StoreDataSource source, DatabaseVendor vendor, StoreScope scope, SchemaInitializer schema) {
            return vendor.deadLetterRows(new JdbcSession(source.dataSource(), schema::beforeUse), scope);
        }
    }

    /**
     * Our tables come after the application's own migrations and before JPA.
     */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(DatabaseInitializationDependencyConfigurer.class)
    @Import(DatabaseInitializationDependencyConfigurer.class)
    static class InitializationOrderConfiguration {}

    /**
     * A store is wanted, but there is nothing to reach a database with.
     */
    @Configuration(proxyBeanMethods = false)
    @Conditional(StoreFailuresCondition.class)
    @ConditionalOnMissingClass("org.springframework.jdbc.datasource.DelegatingDataSource")
    @ConditionalOnMissingBean(EventStore.class)
    static class MissingJdbcConfiguration {

        MissingJdbcConfiguration() {
            throw new ConfigurationException(
                    STORE_FAILURES,
                    "events that Kafka cannot take are to be stored, but Spring JDBC is missing",
                    "Add spring-boot-starter-jdbc and a database driver, or set " + STORE_FAILURES
                            + "=false to run without a database (events that Kafka cannot take are then lost).");
        }
    }

    /**
     * No store is wanted.
     */
    @Configuration(proxyBeanMethods = false)
    @Conditional(NoStoreFailuresCondition.class)
    static class NoStoreConfiguration {

        NoStoreConfiguration() {
            logger.warn("Events that Kafka cannot take will be LOST: they are not stored, because " + STORE_FAILURES
                    + " is false");
        }
    }

    /**
     * Whether events are to be stored, read as {@link FallbackProperties} does: "off" and "no" are false, too.
     */
    static class StoreFailuresCondition extends SpringBootCondition {

        @Override
        public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
            boolean storing = Binder.get(context.getEnvironment())
                    .bind(STORE_FAILURES, Boolean.class)
                    .orElse(true);
            return new ConditionOutcome(storing == wanted(), STORE_FAILURES + " is " + storing);
        }

        boolean wanted() {
            return true;
        }
    }

    /**
     * The opposite.
     */
    static class NoStoreFailuresCondition extends StoreFailuresCondition {

        @Override
        boolean wanted() {
            return false;
        }
    }
}
