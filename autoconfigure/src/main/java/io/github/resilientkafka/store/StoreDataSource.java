package io.github.resilientkafka.store;

import io.github.resilientkafka.message.ConfigurationException;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.util.ClassUtils;

/**
 * Where the store's connections come from: the bean qualified {@link ResilientKafkaDataSource}, else a small pool like
 * the application's HikariCP pool, else the application's pool itself.
 * <p>
 * Holds a {@link DataSource} instead of being one, so that the application never injects it by type.
 */
final class StoreDataSource implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(StoreDataSource.class);

    private static final String QUALIFIER = "@" + ResilientKafkaDataSource.class.getSimpleName();

    private static final String SWITCH_OFF =
            "set resilient-kafka.fallback.store-failures=false to run without a database (events that Kafka cannot take"
                    + " are then lost)";

    private static final String HIKARI = "com.zaxxer.hikari.HikariDataSource";

    private static final boolean HIKARI_PRESENT = ClassUtils.isPresent(HIKARI, StoreDataSource.class.getClassLoader());

    private final DataSource dataSource;

    private final String url;

    private final @Nullable AutoCloseable own;

    private StoreDataSource(DataSource dataSource, String url, @Nullable AutoCloseable own) {
        this.dataSource = dataSource;
        this.url = url;
        this.own = own;
    }

    /**
     * Chooses among the application's beans.
     * @param qualified the bean meant for the store, if any
     * @param any all beans
     * @return the store's source of connections, to be closed
     */
    static StoreDataSource choose(ObjectProvider<DataSource> qualified, ObjectProvider<DataSource> any) {
        DataSource meant = only(qualified, "several DataSource beans are qualified with " + QUALIFIER);
        if (meant != null) {
            return new StoreDataSource(withoutTransaction(meant), "", null);
        }
        DataSource application = only(any, "there are several DataSource beans and none of them is @Primary");
        if (application == null) {
            throw new ConfigurationException(
                    "spring.datasource.url",
                    "there is no DataSource to store events in that Kafka cannot take",
                    "Set spring.datasource.url (and add spring-boot-starter-jdbc and the driver); do not exclude"
                            + " DataSourceAutoConfiguration, or declare a DataSource bean; or " + SWITCH_OFF + ".");
        }
        Object pool = innermost(application);
        if (pool instanceof AbstractRoutingDataSource) {
            throw ambiguous("the DataSource chooses among several databases by itself (" + className(pool) + ")");
        }
        if (HIKARI_PRESENT && HikariPoolCopy.canCopy(pool)) {
            var copy = HikariPoolCopy.of(pool);
            return new StoreDataSource(copy, HikariPoolCopy.url(pool), copy);
        }
        logger.warn("The event store shares the connections of " + className(pool) + ": while callers hold all of them"
                + " and wait for an event to be stored, nothing can be stored. To prevent that, declare a DataSource"
                + " bean of its own, qualified with " + QUALIFIER + ".");
        return new StoreDataSource(withoutTransaction(application), "", null);
    }

    /**
     * Returns where connections come from.
     * @return never to be exposed as a bean
     */
    DataSource dataSource() {
        return this.dataSource;
    }

    /**
     * Returns the URL where it is known without asking the database.
     * @return the URL or the empty string
     */
    String url() {
        return this.url;
    }

    /**
     * Closes the pool if it is our own. May be called again.
     */
    @Override
    public void close() throws Exception {
        if (this.own != null) {
            this.own.close();
        }
    }

    private static @Nullable DataSource only(ObjectProvider<DataSource> beans, String problem) {
        try {
            return beans.getIfAvailable();
        } catch (NoUniqueBeanDefinitionException ex) {
            throw ambiguous(problem + " (" + String.join(", ", beanNames(ex)) + ")");
        }
    }

    private static Iterable<String> beanNames(NoUniqueBeanDefinitionException ex) {
        var names = ex.getBeanNamesFound();
        return names == null ? java.util.List.of("names unknown") : names;
    }

    private static ConfigurationException ambiguous(String problem) {
        return new ConfigurationException(
                QUALIFIER,
                problem,
                "Put " + QUALIFIER + " on the one DataSource bean that events are to be stored in, or " + SWITCH_OFF
                        + ".");
    }

    /**
     * Such a proxy would hand out the connection of the transaction that a caller is in, and we would commit it.
     */
    private static DataSource withoutTransaction(DataSource dataSource) {
        DataSource current = dataSource;
        while (current instanceof TransactionAwareDataSourceProxy proxy && proxy.getTargetDataSource() != null) {
            current = proxy.getTargetDataSource();
        }
        return current;
    }

    /**
     * Looks through proxies down to the pool, but not through one that routes.
     */
    private static Object innermost(DataSource dataSource) {
        Object current = dataSource;
        while (true) {
            Object next = next(current);
            if (next == null) {
                return current;
            }
            current = next;
        }
    }

    private static @Nullable Object next(Object dataSource) {
        if (dataSource instanceof AbstractRoutingDataSource) {
            return null;
        }
        Object target = AopProxyUtils.getSingletonTarget(dataSource);
        if (target != null) {
            return target;
        }
        if (dataSource instanceof DelegatingDataSource delegating) {
            return delegating.getTargetDataSource();
        }
        return unwrap((DataSource) dataSource);
    }

    private static @Nullable Object unwrap(DataSource dataSource) {
        try {
            if (dataSource.isWrapperFor(AbstractRoutingDataSource.class)) {
                return dataSource.unwrap(AbstractRoutingDataSource.class);
            }
            if (HIKARI_PRESENT) {
                Class<?> hikari = ClassUtils.resolveClassName(HIKARI, StoreDataSource.class.getClassLoader());
                if (!hikari.isInstance(dataSource) && dataSource.isWrapperFor(hikari)) {
                    return dataSource.unwrap(hikari);
                }
            }
        } catch (SQLException | RuntimeException ex) {
            logger.debug("Could not look into " + className(dataSource), ex);
        }
        return null;
    }

    private static String className(Object object) {
        return object.getClass().getName();
    }
}
