package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.AllAutoConfigurations;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.kafka.KafkaAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.kafka.annotation.KafkaListener;

/**
 * Settings that let the application start, and have no effect.
 */
@ExtendWith(OutputCaptureExtension.class)
@DisplayName("N6: settings without effect are warned of")
class SettingsCheckTests {

    private static final String LISTENER = "resilient-kafka.listener.";

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(KafkaAutoConfiguration.class))
            .withConfiguration(AutoConfigurations.of(AllAutoConfigurations.classes()))
            .withUserConfiguration(Listeners.class)
            .withPropertyValues(
                    "spring.application.name=test",
                    "spring.kafka.bootstrap-servers=127.0.0.1:1",
                    "resilient-kafka.fallback.store-failures=false");

    /** An error of the application's. */
    static final class Unknown extends RuntimeException {}

    @Configuration(proxyBeanMethods = false)
    static class Listeners {

        @KafkaListener(id = "orders", topics = "orders", groupId = "g", autoStartup = "false")
        void order(String order) {}

        @KafkaListener(id = "stock", topics = "stock", groupId = "g", autoStartup = "false", batch = "true")
        void stock(List<String> stock) {}
    }

    @Test
    void anIdThatNoListenerHas(CapturedOutput output) {
        this.runner
                .withPropertyValues(LISTENER + "instances.order.pause=1s", LISTENER + "instances.stock.pause=1s")
                .run(context -> {
                    context.publishEvent(new ContextRefreshedEvent(context.getSourceApplicationContext()));
                    assertThat(output)
                            .containsOnlyOnce(
                                    "No listener has the id order: " + LISTENER
                                            + "instances.order.* has no effect, unless one is made later. There are: orders, stock\n")
                            .doesNotContain("has the id stock");
                });
    }

    @Test
    void classesThatNobodyCanThrow(CapturedOutput output) {
        this.runner
                .withPropertyValues(
                        LISTENER + "errors.bad-data=com.example.Misspelt, java.lang.ArithmeticException",
                        LISTENER + "errors.dependency-down=" + Unknown.class.getCanonicalName(),
                        LISTENER + "errors.transient-errors=java.lang.String," + Unknown.class.getName())
                .run(context -> assertThat(output)
                        .contains(
                                LISTENER + "errors.bad-data names com.example.Misspelt, which is no class",
                                LISTENER + "errors.dependency-down names " + Unknown.class.getCanonicalName()
                                        + ", which has no effect: write " + Unknown.class.getName(),
                                LISTENER + "errors.transient-errors names java.lang.String, which nobody can throw")
                        .doesNotContain("ArithmeticException", "transient-errors names " + Unknown.class.getName()));
    }

    @Test
    void collectionForAListenerOfSingleRecords(CapturedOutput output) {
        this.runner
                .withPropertyValues(
                        LISTENER + "instances.orders.batch.collect=true",
                        LISTENER + "instances.stock.batch.collect=true")
                .run(context -> assertThat(output)
                        .containsOnlyOnce("Listener orders is no batch listener: " + LISTENER
                                + "instances.orders.batch.collect=true has no effect")
                        .doesNotContain("Listener stock is no batch listener"));
    }
}
