package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.IMetricsTracker;
import io.github.resilientkafka.message.ConfigurationException;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

class StoreDataSourceTests {

    @Test
    void aHikariPoolIsCopiedSmall() throws Exception {
        try (HikariDataSource application = hikari()) {
            application.setMaximumPoolSize(50);
            application.setAutoCommit(false);
            application.setRegisterMbeans(true);
            application.setPoolName("app");
            application.setMetricsTrackerFactory((name, stats) -> new IMetricsTracker() {});
            application.addDataSourceProperty("ApplicationName", "app");

            try (StoreDataSource source = choose(application)) {
                HikariDataSource copy = (HikariDataSource) source.dataSource();
                assertThat(copy).isNotSameAs(application);
                assertThat(copy.getJdbcUrl()).isEqualTo(application.getJdbcUrl());
                assertThat(copy.getUsername()).isEqualTo("sa");
                assertThat(copy.getPassword()).isEqualTo("secret");
                assertThat(copy.getPoolName()).isEqualTo("resilient-kafka");
                assertThat(copy.getMaximumPoolSize()).isEqualTo(4);
                assertThat(copy.isAutoCommit()).isTrue();
                assertThat(copy.isRegisterMbeans()).isFalse();
                assertThat(copy.getMetricsTrackerFactory()).isNull();
                assertThat(source.url()).startsWith("jdbc:h2:");
                try (var connection = source.dataSource().getConnection()) {
                    assertThat(connection.getAutoCommit()).isTrue();
                }
            }
            assertThat(application.getMaximumPoolSize()).isEqualTo(50);
            assertThat(application.isClosed()).isFalse();
        }
    }

    @Test
    void ourPoolIsClosedOnceAndForAll() throws Exception {
        try (HikariDataSource application = hikari()) {
            StoreDataSource source = choose(application);
            source.close();
            source.close();

            assertThat(((HikariDataSource) source.dataSource()).isClosed()).isTrue();
        }
    }

    @Test
    void aPoolBehindProxiesIsFound() throws Exception {
        try (HikariDataSource application = hikari();
                StoreDataSource delegating = choose(new LazyConnectionDataSourceProxy(application));
                StoreDataSource advised = choose((DataSource) new ProxyFactory(application).getProxy());
                StoreDataSource wrapped = choose(wrapper(application))) {
            assertThat(delegating.dataSource())
                    .isInstanceOf(HikariDataSource.class)
                    .isNotSameAs(application);
            assertThat(advised.dataSource())
                    .isInstanceOf(HikariDataSource.class)
                    .isNotSameAs(application);
            assertThat(wrapped.dataSource())
                    .isInstanceOf(HikariDataSource.class)
                    .isNotSameAs(application);
        }
    }

    @Test
    void aSubclassMayHaveItsOwnWayToConnectAndIsShared() throws Exception {
        try (HikariDataSource application = new HikariDataSource() {
                    @Override
                    public String getPassword() {
                        return "changes every hour";
                    }
                };
                StoreDataSource source = choose(application)) {
            assertThat(source.dataSource()).isSameAs(application);
        }
    }

    @Test
    void anotherPoolIsSharedAndNotClosed() throws Exception {
        DataSource application = new SimpleDriverDataSource(new org.h2.Driver(), url());

        StoreDataSource source = choose(application);
        source.close();

        assertThat(source.dataSource()).isSameAs(application);
        assertThat(source.url()).isEmpty();
        assertThat(DatabaseVendor.of(source)).isEqualTo(DatabaseVendor.H2);
    }

    @Test
    void theQualifiedBeanIsUsedAsItIs() throws Exception {
        DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        DataSource meant = new SimpleDriverDataSource(new org.h2.Driver(), url());
        register(beans, "main", new SimpleDriverDataSource(), false);
        register(beans, "events", meant, true);

        assertThat(choose(beans).dataSource()).isSameAs(meant);
    }

    @Test
    void thePrimaryOneOfSeveralIsUsed() throws Exception {
        DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        DataSource primary = new SimpleDriverDataSource(new org.h2.Driver(), url());
        register(beans, "a", new SimpleDriverDataSource(), false);
        register(beans, "b", primary, false).setPrimary(true);

        assertThat(choose(beans).dataSource()).isSameAs(primary);
    }

    @Test
    void severalWithoutAPrimaryOneAreRefused() {
        DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        register(beans, "a", new SimpleDriverDataSource(), false);
        register(beans, "b", new SimpleDriverDataSource(), false);

        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> choose(beans))
                .withMessageContaining("a, b")
                .satisfies(ex -> assertThat(ex.cure()).contains("@ResilientKafkaDataSource"));
    }

    @Test
    void severalQualifiedOnesAreRefused() {
        DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        register(beans, "a", new SimpleDriverDataSource(), true);
        register(beans, "b", new SimpleDriverDataSource(), true);

        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> choose(beans))
                .withMessageContaining("several DataSource beans are qualified");
    }

    @Test
    void withoutADataSourceTheCureNamesBothWays() {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> choose(new DefaultListableBeanFactory()))
                .satisfies(ex -> assertThat(ex.cure())
                        .contains("spring.datasource.url", "resilient-kafka.fallback.store-failures=false"));
    }

    @Test
    void routedConnectionsAreRefused() {
        try (HikariDataSource target = hikari()) {
            AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {
                @Override
                protected Object determineCurrentLookupKey() {
                    return "a";
                }
            };
            routing.setTargetDataSources(Map.of("a", target));
            routing.afterPropertiesSet();

            for (DataSource dataSource :
                    new DataSource[] {routing, new LazyConnectionDataSourceProxy(routing), wrapper(routing)}) {
                assertThatExceptionOfType(ConfigurationException.class)
                        .isThrownBy(() -> choose(dataSource))
                        .satisfies(ex -> assertThat(ex.cure()).contains("@ResilientKafkaDataSource"));
            }
        }
    }

    @Test
    void aDatabaseWeDoNotKnowIsRefused() throws Exception {
        DataSource unknown = (DataSource) proxy(
                DataSource.class,
                (name) -> proxy(
                        java.sql.Connection.class,
                        connectionMethod -> proxy(java.sql.DatabaseMetaData.class, method -> "DB Nine")));

        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> DatabaseVendor.of(choose(unknown)))
                .withMessageContaining("DB Nine")
                .satisfies(ex -> assertThat(ex.cure()).contains("PostgreSQL", "H2"));
    }

    private static StoreDataSource choose(DataSource dataSource) {
        DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        register(beans, "dataSource", dataSource, false);
        return choose(beans);
    }

    private static StoreDataSource choose(DefaultListableBeanFactory beans) {
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(beans)) {
            context.register(Chooser.class);
            context.refresh();
            return context.getBean(Chooser.class).source;
        } catch (org.springframework.beans.factory.BeanCreationException ex) {
            if (ex.getRootCause() instanceof ConfigurationException cause) {
                throw cause;
            }
            throw ex;
        }
    }

    private static RootBeanDefinition register(
            DefaultListableBeanFactory beans, String name, DataSource dataSource, boolean qualified) {
        RootBeanDefinition definition = new RootBeanDefinition(DataSource.class, () -> dataSource);
        definition.setDestroyMethodName("");
        if (qualified) {
            definition.addQualifier(new AutowireCandidateQualifier(ResilientKafkaDataSource.class));
        }
        beans.registerBeanDefinition(name, definition);
        return definition;
    }

    private static HikariDataSource hikari() {
        HikariDataSource hikari = new HikariDataSource();
        hikari.setJdbcUrl(url());
        hikari.setUsername("sa");
        hikari.setPassword("secret");
        return hikari;
    }

    private static String url() {
        return "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";
    }
}
