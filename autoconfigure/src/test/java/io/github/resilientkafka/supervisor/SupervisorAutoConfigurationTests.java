package io.github.resilientkafka.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.AllAutoConfigurations;
import io.github.resilientkafka.message.ConfigurationException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.kafka.KafkaAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

class SupervisorAutoConfigurationTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withClassLoader(new FilteredClassLoader("org.springframework.boot.health"))
            .withConfiguration(AutoConfigurations.of(KafkaAutoConfiguration.class, DataSourceAutoConfiguration.class))
            .withConfiguration(AutoConfigurations.of(AllAutoConfigurations.classes()))
            .withUserConfiguration(Application.class)
            .withPropertyValues(
                    "spring.application.name=test",
                    "spring.kafka.bootstrap-servers=127.0.0.1:1",
                    "spring.datasource.url=jdbc:h2:mem:supervisor;DB_CLOSE_DELAY=-1");

    @Test
    void whenThereAreListenersThenTheyAreSupervisedWithTheDocumentedDefaults() {
        this.runner.run(context -> {
            assertThat(context).hasNotFailed().hasSingleBean(ListenerSupervisor.class);
            assertThat(context.getBean(ListenerSupervisor.class).status())
                    .singleElement()
                    .satisfies(status -> {
                        assertThat(status.id()).isEqualTo("manual");
                        assertThat(status.group()).isEqualTo("g");
                        assertThat(status.topics()).containsExactly("orders");
                        assertThat(status.state()).isEqualTo(ListenerState.NOT_STARTED);
                        assertThat(status.healthy()).isFalse();
                        assertThat(status.ready()).isFalse();
                        assertThat(status.restarts()).isZero();
                        assertThat(status.nextRestartAt()).isNull();
                    });
            SupervisorProperties properties = context.getBean(SupervisorProperties.class);
            assertThat(properties.failFast()).isFalse();
            assertThat(properties.startTimeout()).isEqualTo(Duration.ofSeconds(30));
            assertThat(properties.supervisor().maxBackoff()).isEqualTo(Duration.ofSeconds(10));
        });
    }

    @Test
    void theSupervisorStartsAfterTheContainersAndStopsBeforeThem() {
        this.runner.run(
                context -> assertThat(context.getBean(ContainerSupervisor.class).getPhase())
                        .isEqualTo(AbstractMessageListenerContainer.DEFAULT_PHASE + 1));
    }

    @ParameterizedTest
    @CsvSource({
        "supervisor.backoff, 0s",
        "supervisor.max-backoff, -1s",
        "supervisor.fenced-backoff, 0s",
        "supervisor.oom-window, 0s",
        "supervisor.max-oom-restarts, -1",
        "start-timeout, 0s"
    })
    void whenASettingCannotWorkThenTheStartFailsNamingIt(String property, String value) {
        String name = "resilient-kafka.listener." + property;
        this.runner.withPropertyValues(name + "=" + value).run(context -> assertThat(context.getStartupFailure())
                .rootCause()
                .isInstanceOfSatisfying(ConfigurationException.class, ex -> {
                    assertThat(ex.property()).isEqualTo(name);
                    assertThat(ex.cure()).contains("default is");
                }));
    }

    @Test
    void whenListenersAreSwitchedOffThenThereIsNoSupervisor() {
        this.runner
                .withPropertyValues("resilient-kafka.listener.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(ListenerSupervisor.class));
    }

    @Test
    void whenTheApplicationHasASupervisorOfItsOwnThenItIsLeftAlone() {
        ListenerSupervisor own = mock(ListenerSupervisor.class);
        this.runner.withBean(ListenerSupervisor.class, () -> own).run(context -> assertThat(context)
                .hasNotFailed()
                .getBean(ListenerSupervisor.class)
                .isSameAs(own));
    }

    @Configuration(proxyBeanMethods = false)
    static class Application {

        @Bean
        Listener listener() {
            return new Listener();
        }
    }

    static class Listener {

        @KafkaListener(id = "manual", topics = "orders", groupId = "g", autoStartup = "false")
        void handle(String value) {}
    }
}
