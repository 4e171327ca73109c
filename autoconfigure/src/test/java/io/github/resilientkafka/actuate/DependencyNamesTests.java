package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.springboot3.circuitbreaker.autoconfigure.CircuitBreakerAutoConfiguration;
import io.github.resilientkafka.AllAutoConfigurations;
import io.github.resilientkafka.listener.DependencyProbe;
import io.github.resilientkafka.listener.DependencyProbeFinder;
import io.github.resilientkafka.message.ConfigurationException;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.health.HealthContributorAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.health.HealthEndpointAutoConfiguration;
import org.springframework.boot.actuate.health.CompositeHealthContributor;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthContributor;
import org.springframework.boot.actuate.health.HealthContributorRegistry;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.kafka.KafkaAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.MessageListener;

/**
 * Who tells of the dependencies that the configuration names.
 */
@DisplayName("N7: a dependency is a probe, a circuit breaker or a health indicator of its name, or the start fails")
class DependencyNamesTests {

    private static final String ALL = "resilient-kafka.listener.dependencies";

    private static final String OWN = "resilient-kafka.listener.instances.orders.dependencies";

    private static final String BOOT_3 = "org.springframework.boot.actuate";

    private static final String BOOT_4 = "org.springframework.boot.health";

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(KafkaAutoConfiguration.class, CircuitBreakerAutoConfiguration.class))
            .withConfiguration(AutoConfigurations.of(AllAutoConfigurations.classes()))
            .withUserConfiguration(Orders.class)
            .withPropertyValues(
                    "spring.application.name=test",
                    "spring.kafka.bootstrap-servers=127.0.0.1:1",
                    "resilient-kafka.fallback.store-failures=false");

    private final ApplicationContextRunner boot3 = this.application.withClassLoader(new FilteredClassLoader(BOOT_4));

    private final ApplicationContextRunner boot4 = this.application.withClassLoader(new FilteredClassLoader(BOOT_3));

    @ParameterizedTest
    @ValueSource(strings = {ALL, OWN})
    void aNameThatNobodyKnowsFailsTheStart(String property) {
        this.boot3.withPropertyValues(property + "=paiments").run(context -> {
            assertThat(context).hasFailed();
            assertThat(configurationError(context.getStartupFailure()).property())
                    .isEqualTo(property);
            assertThat(configurationError(context.getStartupFailure()).cure())
                    .contains("DependencyProbe", "'paimentsHealthIndicator'", "instances.paiments");
        });
    }

    @Test
    void aListenersOwnNamesReplaceThoseForAll() {
        this.boot3.withPropertyValues(ALL + "=paiments", OWN + "=").run(context -> assertThat(context)
                .hasNotFailed());
    }

    @Test
    void aProbeBeanIsKnown() {
        this.boot3
                .withBean("payments", DependencyProbe.class, () -> () -> true)
                .withPropertyValues(OWN + "=payments")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void aCircuitBreakerIsKnown() {
        this.boot3
                .withPropertyValues(
                        OWN + "=payments", "resilience4j.circuitbreaker.instances.payments.sliding-window-size=5")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @ParameterizedTest
    @ValueSource(strings = {"payments", "paymentsHealthIndicator", "paymentsHealthContributor"})
    void aHealthIndicatorIsKnown(String bean) {
        this.boot3
                .withBean(bean, HealthIndicator.class, () -> () -> Health.down().build())
                .withPropertyValues(OWN + "=payments")
                .run(context -> assertThat(isUp(context)).isFalse());
        this.boot4
                .withBean(
                        bean,
                        org.springframework.boot.health.contributor.HealthIndicator.class,
                        () -> () -> org.springframework.boot.health.contributor.Health.down()
                                .build())
                .withPropertyValues(OWN + "=payments")
                .run(context -> assertThat(isUp(context)).isFalse());
    }

    @ParameterizedTest
    @CsvSource({"UP,true", "DEGRADED,true", "UNKNOWN,true", "OUT_OF_SERVICE,false", "DOWN,false"})
    void onlyWhatIsOutOfServiceIsDown(String status, boolean up) {
        this.boot3
                .withBean(
                        "paymentsHealthIndicator",
                        HealthIndicator.class,
                        () -> () -> Health.status(status).build())
                .run(context -> assertThat(isUp(context)).isEqualTo(up));
        this.boot4
                .withBean(
                        "paymentsHealthIndicator",
                        org.springframework.boot.health.contributor.HealthIndicator.class,
                        () -> () -> org.springframework.boot.health.contributor.Health.status(status)
                                .build())
                .run(context -> assertThat(isUp(context)).isEqualTo(up));
    }

    @Test
    void ofSeveralPartsNoneMayBeDown() {
        HealthIndicator up = () -> Health.up().build();
        HealthIndicator down = () -> Health.down().build();
        this.boot3
                .withBean(
                        "paymentsHealthContributor",
                        HealthContributor.class,
                        () -> CompositeHealthContributor.fromMap(Map.of("one", up, "other", down)))
                .run(context -> assertThat(isUp(context)).isFalse());
        org.springframework.boot.health.contributor.HealthIndicator fine =
                () -> org.springframework.boot.health.contributor.Health.up().build();
        this.boot4
                .withBean(
                        "paymentsHealthContributor",
                        org.springframework.boot.health.contributor.HealthContributor.class,
                        () -> org.springframework.boot.health.contributor.CompositeHealthContributor.fromMap(
                                Map.of("one", fine, "other", fine)))
                .run(context -> assertThat(isUp(context)).isTrue());
    }

    @Test
    void whatIsRegisteredWithoutABeanIsKnownByItsNameToo() {
        this.boot3
                .withConfiguration(AutoConfigurations.of(
                        EndpointAutoConfiguration.class,
                        HealthContributorAutoConfiguration.class,
                        HealthEndpointAutoConfiguration.class))
                .run(context -> {
                    HealthIndicator down = () -> Health.down().build();
                    context.getBean(HealthContributorRegistry.class).registerContributor("payments", down);
                    assertThat(isUp(context)).isFalse();
                });
    }

    private static boolean isUp(ApplicationContext context) {
        return context.getBeansOfType(DependencyProbeFinder.class).values().stream()
                .map(finder -> finder.find("payments"))
                .filter(Objects::nonNull)
                .findFirst()
                .orElseThrow()
                .isUp();
    }

    private static ConfigurationException configurationError(Throwable failure) {
        Throwable error = failure;
        while (!(error instanceof ConfigurationException)) {
            error = Objects.requireNonNull(error.getCause());
        }
        return (ConfigurationException) error;
    }

    @Configuration(proxyBeanMethods = false)
    static class Orders {

        @Bean
        ConcurrentMessageListenerContainer<Object, Object> orders(
                ObjectProvider<ConsumerFactory<Object, Object>> consumers) {
            ContainerProperties properties = new ContainerProperties("orders");
            properties.setMessageListener((MessageListener<Object, Object>) record -> {});
            ConcurrentMessageListenerContainer<Object, Object> container =
                    new ConcurrentMessageListenerContainer<>(consumers.getObject(), properties);
            container.setAutoStartup(false);
            return container;
        }
    }
}
