package io.github.resilientkafka.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.message.ConfigurationException;
import io.github.resilientkafka.store.FallbackProperties;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.support.SpringFactoriesLoader;

class ConfigurationFailureAnalyzerTests {

    @Test
    void problemAndCureAreFoundAmongTheCauses() {
        ConfigurationException cause = new ConfigurationException("some.property", "it is wrong", "Set it right.");

        FailureAnalysis analysis =
                new ConfigurationFailureAnalyzer().analyze(new BeanCreationException("bean", "failed", cause));

        assertThat(analysis).isNotNull();
        assertThat(analysis.getDescription()).contains("some.property: it is wrong");
        assertThat(analysis.getAction()).isEqualTo("Set it right.");
    }

    @Test
    void otherFailuresAreLeftToOthers() {
        assertThat(new ConfigurationFailureAnalyzer().analyze(new IllegalStateException("other")))
                .isNull();
    }

    @Test
    void aBadPropertyIsAnalysedThoughBindingWrapsTheException() {
        new ApplicationContextRunner()
                .withUserConfiguration(Properties.class)
                .withPropertyValues("resilient-kafka.fallback.batch-size=0")
                .run(context -> {
                    FailureAnalysis analysis = firstAnalysis(context.getStartupFailure());
                    assertThat(analysis.getDescription()).contains("resilient-kafka.fallback.batch-size");
                    assertThat(analysis.getAction()).contains("from 1 to 10000");
                });
    }

    /** As Spring Boot does it: all analyzers in their order. */
    private static FailureAnalysis firstAnalysis(Throwable failure) {
        return SpringFactoriesLoader.forDefaultResourceLocation()
                .load(FailureAnalyzer.class, SpringFactoriesLoader.FailureHandler.handleMessage((message, error) -> {}))
                .stream()
                .map(analyzer -> analyzer.analyze(failure))
                .filter(java.util.Objects::nonNull)
                .findFirst()
                .orElseThrow();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties(FallbackProperties.class)
    static class Properties {}
}
