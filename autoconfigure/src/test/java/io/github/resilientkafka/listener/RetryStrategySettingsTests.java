package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.AllAutoConfigurations;
import io.github.resilientkafka.listener.ListenerProperties.Strategy;
import io.github.resilientkafka.message.ConfigurationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.kafka.KafkaAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;

@DisplayName("N5: settings of retry strategies")
class RetryStrategySettingsTests {

    private static final String LISTENER = "resilient-kafka.listener.";

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(KafkaAutoConfiguration.class))
            .withConfiguration(AutoConfigurations.of(AllAutoConfigurations.classes()))
            .withPropertyValues(
                    "spring.application.name=test",
                    "spring.kafka.bootstrap-servers=127.0.0.1:1",
                    "resilient-kafka.fallback.store-failures=false");

    @Configuration(proxyBeanMethods = false)
    static class ByName {

        @KafkaListener(id = "orders", topics = "orders", groupId = "g", autoStartup = "false")
        void handle(String order) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class ByPattern {

        @KafkaListener(id = "orders", topicPattern = "orders.*", groupId = "g", autoStartup = "false")
        void handle(String order) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Futures {

        @KafkaListener(id = "orders", topics = "orders", groupId = "g", autoStartup = "false")
        CompletableFuture<Void> handle(String order) {
            return CompletableFuture.completedFuture(null);
        }
    }

    @Test
    void recordsStayInTheirPlaceUnlessAListenersOwnSettingsSayOtherwise() {
        this.runner
                .withUserConfiguration(ByName.class)
                .withPropertyValues(LISTENER + "instances.orders.strategy=retry-topic")
                .run(context -> {
                    ListenerProperties properties = context.getBean(ListenerProperties.class);
                    assertThat(ListenerSettings.of(properties, "orders", false).strategy())
                            .isEqualTo(Strategy.RETRY_TOPIC);
                    assertThat(ListenerSettings.of(properties, "another", false).strategy())
                            .isEqualTo(Strategy.PAUSE);
                    assertThat(properties.retryTopic().suffix()).isEqualTo(".retry");
                });
    }

    @Test
    void anUnknownStrategyNamesPropertyAndChoice() {
        this.runner.withPropertyValues(LISTENER + "strategy=resend").run(context -> assertThat(context)
                .getFailure()
                .rootCause()
                .hasMessageContaining("resend")
                .hasMessageContaining("Strategy"));
    }

    @ParameterizedTest
    @CsvSource({
        "'', retry-topic.suffix",
        "re try, retry-topic.suffix",
        "/retry, retry-topic.suffix",
        ".dlq, retry-topic.suffix",
    })
    void aSuffixThatCannotBe(String suffix, String property) {
        this.runner
                .withUserConfiguration(ByName.class)
                .withPropertyValues(LISTENER + "strategy=retry-topic", LISTENER + "retry-topic.suffix=" + suffix)
                .run(context -> assertThat(failure(context).property()).isEqualTo(LISTENER + property));
    }

    @Test
    void aPatternHasNoRetryTopics() {
        this.runner
                .withUserConfiguration(ByPattern.class)
                .withPropertyValues(LISTENER + "strategy=retry-topic")
                .run(context -> {
                    assertThat(failure(context).property()).isEqualTo(LISTENER + "instances.orders.strategy");
                    assertThat(failure(context).cure()).contains("pause");
                });
    }

    @Test
    void whoReturnsFuturesHasNoRetryTopics() {
        this.runner
                .withUserConfiguration(Futures.class)
                .withPropertyValues(LISTENER + "strategy=retry-topic")
                .run(context -> {
                    assertThat(failure(context).property()).isEqualTo(LISTENER + "instances.orders.strategy");
                    assertThat(failure(context)).hasMessageContaining("futures");
                });
    }

    @Test
    @DisplayName("N10: client settings of the republishing producer that cannot be fail the start")
    void wrongClientSettings() {
        this.runner
                .withUserConfiguration(ByName.class)
                .withPropertyValues(
                        LISTENER + "strategy=republish", LISTENER + "republish.properties.compression.type=tar")
                .run(context -> {
                    assertThat(failure(context).property()).isEqualTo(LISTENER + "republish.properties");
                    assertThat(failure(context)).hasMessageContaining("tar");
                });
    }

    private static ConfigurationException failure(AssertableApplicationContext context) {
        assertThat(context).hasFailed();
        Throwable failure = context.getStartupFailure();
        while (failure != null && !(failure instanceof ConfigurationException)) {
            failure = failure.getCause();
        }
        assertThat(failure).isInstanceOf(ConfigurationException.class);
        return (ConfigurationException) failure;
    }
}
