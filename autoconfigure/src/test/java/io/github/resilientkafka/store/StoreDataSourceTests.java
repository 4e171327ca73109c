package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.IMetricsTracker;
import io.github.resilientkafka.message.ConfigurationException;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mockito.Answers;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
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
    void aChangedPasswordIsUsedForTheNextConnection() throws Exception {
        try (HikariDataSource application = hikari();
                StoreDataSource source = choose(application)) {
            HikariDataSource copy = (HikariDataSource) source.dataSource();
            try (var connection = copy.getConnection()) {
                connection.createStatement().execute("alter user sa set password 'changed'");
            }
            application.setPassword("changed");
            copy.getHikariPoolMXBean().softEvictConnections();

            try (var connection = copy.getConnection()) {
                assertThat(connection.isValid(1)).isTrue();
            }
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
    @DisplayName("W5: connections are never those of the transaction that the caller is in")
    void aCallersTransactionIsItsOwn() throws Exception {
        DataSource pool = new SimpleDriverDataSource(new org.h2.Driver(), url() + ";DB_CLOSE_DELAY=-1");
        DataSource application = new TransactionAwareDataSourceProxy(new TransactionAwareDataSourceProxy(pool));
        try (StoreDataSource source = choose(application);
                StoreDataSource qualified = StoreDataSource.choose(provider(application), provider(pool))) {
            assertThat(source.dataSource()).isSameAs(pool);
            assertThat(qualified.dataSource()).isSameAs(pool);
        }
    }

    @Test
    void routedConnectionsAreRefused() throws Exception {
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
        DataSource unknown = mock(DataSource.class, Answers.RETURNS_DEEP_STUBS);
        when(unknown.getConnection().getMetaData().getDatabaseProductName()).thenReturn("DB Nine");

        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> DatabaseVendor.of(choose(unknown)))
                .withMessageContaining("DB Nine")
                .satisfies(ex -> assertThat(ex.cure()).contains("PostgreSQL", "H2"));
    }

    @Test
    void aDatabaseThatIsAwayIsKnownByItsUrl() throws Exception {
        try (HikariDataSource application = new HikariDataSource()) {
            application.setJdbcUrl("jdbc:h2:tcp://127.0.0.1:1/nowhere");
            try (StoreDataSource source = choose(application)) {
                assertThat(DatabaseVendor.of(source)).isEqualTo(DatabaseVendor.H2);
            }
        }
    }

    @Test
    void aDatabaseThatIsAwayAndHasNoUrlIsRefused() {
        DataSource away = new SimpleDriverDataSource(new org.h2.Driver(), "jdbc:h2:tcp://127.0.0.1:1/nowhere");

        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> DatabaseVendor.of(choose(away)))
                .withMessageContaining("does not answer");
    }

    private static StoreDataSource choose(DataSource application) {
        return StoreDataSource.choose(provider(), provider(application));
    }

    private static ObjectProvider<DataSource> provider(DataSource... dataSources) {
        DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        for (DataSource dataSource : dataSources) {
            beans.registerSingleton("dataSource", dataSource);
        }
        return beans.getBeanProvider(DataSource.class);
    }

    /** Like the proxies of tools that watch statements. */
    private static DataSource wrapper(DataSource dataSource) throws SQLException {
        DataSource wrapper = mock(DataSource.class);
        when(wrapper.isWrapperFor(any()))
                .thenAnswer(call -> call.<Class<?>>getArgument(0).isInstance(dataSource));
        when(wrapper.unwrap(any())).thenReturn(dataSource);
        return wrapper;
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
