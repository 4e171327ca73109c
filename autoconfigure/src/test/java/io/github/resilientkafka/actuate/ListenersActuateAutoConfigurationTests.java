package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.listener.ListenerContainers;
import io.github.resilientkafka.message.ConfigurationException;
import io.github.resilientkafka.supervisor.ListenerState;
import io.github.resilientkafka.supervisor.ListenerSupervisor;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.health.HealthContributorAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.health.HealthEndpointAutoConfiguration;
import org.springframework.boot.actuate.health.HealthEndpoint;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/**
 * What is contributed for listeners, in both Spring Boot generations.
 */
class ListenersActuateAutoConfigurationTests {

    private final StubSupervisor supervisor =
            new StubSupervisor().with(StubSupervisor.listener("orders", ListenerState.GAVE_UP));

    private final ApplicationContextRunner bare = new ApplicationContextRunner()
            .withInitializer(new HealthStatusOrderInitializer())
            .withConfiguration(AutoConfigurations.of(
                    ListenersActuateAutoConfiguration.class,
                    Boot3HealthAutoConfiguration.class,
                    Boot4HealthAutoConfiguration.class,
                    KafkaListenersEndpointAutoConfiguration.class));

    private final ApplicationContextRunner runner = this.bare
            .withBean(ListenerSupervisor.class, () -> this.supervisor)
            .withBean(ListenerContainers.class, () -> mock(ListenerContainers.class));

    private final ApplicationContextRunner boot3 =
            this.runner.withClassLoader(new FilteredClassLoader("org.springframework.boot.health"));

    @Test
    void whenThereIsNoSupervisorThenNothingIsContributed() {
        this.bare
                .withPropertyValues("management.endpoints.web.exposure.include=*")
                .run(context -> assertThat(context)
                        .doesNotHaveBean(KafkaListenersHealth.class)
                        .doesNotHaveBean(KafkaListenersEndpoint.class));
    }

    @Test
    void whenBoot3ThenHealthIsAComponent() {
        this.boot3
                .withConfiguration(AutoConfigurations.of(
                        EndpointAutoConfiguration.class,
                        HealthContributorAutoConfiguration.class,
                        HealthEndpointAutoConfiguration.class))
                .run(context -> assertThat(context.getBean(HealthEndpoint.class)
                                .healthForPath("kafkaListeners")
                                .getStatus()
                                .getCode())
                        .isEqualTo("DOWN"));
    }

    @Test
    void whenBoot4ThenItsHealthIndicatorIsThere() {
        this.runner
                .withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate.autoconfigure.health"))
                .run(context -> assertThat(context)
                        .hasSingleBean(org.springframework.boot.health.contributor.HealthIndicator.class)
                        .hasBean("kafkaListenersHealthIndicator"));
    }

    @Test
    void whenSwitchedOffThenThereIsNoIndicator() {
        this.boot3
                .withPropertyValues("management.health.kafkaListeners.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean("kafkaListenersHealthIndicator"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0s", "-1s"})
    @DisplayName("H1: a time after which health is DEGRADED that cannot work fails the start")
    void whenDegradedAfterIsNotPositiveThenTheStartFailsNamingIt(String value) {
        String name = "resilient-kafka.health.listeners.degraded-after";
        this.boot3.withPropertyValues(name + "=" + value).run(context -> assertThat(context.getStartupFailure())
                .rootCause()
                .isInstanceOfSatisfying(ConfigurationException.class, ex -> {
                    assertThat(ex.property()).isEqualTo(name);
                    assertThat(ex.cure()).contains("default is 1m");
                }));
    }

    @Test
    void theEndpointIsThereOnlyWhereItIsExposed() {
        this.boot3.run(context -> assertThat(context).doesNotHaveBean(KafkaListenersEndpoint.class));
        this.boot3
                .withPropertyValues("management.endpoints.web.exposure.include=kafkalisteners")
                .run(context -> assertThat(context).hasSingleBean(KafkaListenersEndpoint.class));
    }
}
