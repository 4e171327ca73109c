package io.github.resilientkafka.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.resilientkafka.testing.LocalServer.State;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.junit.jupiter.SpringJUnitConfig;

/**
 * {@link WithLocalKafka} and {@link WithLocalPostgres} in a Spring test.
 */
@SpringJUnitConfig(LocalServersContextTests.Application.class)
@WithLocalKafka(properties = {"message.max.bytes = 12345"})
@WithLocalPostgres
@DirtiesContext
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@DisplayName("W11: @WithLocalKafka and @WithLocalPostgres")
class LocalServersContextTests {

    private static LocalKafka seenKafka;

    private static LocalPostgres seenPostgres;

    @Autowired
    private LocalKafka kafka;

    @Autowired
    private LocalPostgres postgres;

    @Autowired
    private Environment environment;

    static class Application {}

    @Test
    @Order(1)
    void thePropertiesPointToServersThatServe() throws Exception {
        for (String client : List.of("", "producer.", "consumer.", "admin.", "streams.")) {
            assertThat(this.environment.getProperty("spring.kafka." + client + "bootstrap-servers"))
                    .isEqualTo(this.kafka.bootstrapServers());
        }
        try (Admin admin = Admin.create(this.kafka.adminConfig())) {
            ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "0");
            assertThat(admin.describeConfigs(List.of(broker))
                            .all()
                            .get()
                            .get(broker)
                            .get("message.max.bytes")
                            .value())
                    .isEqualTo("12345");
        }
        try (Connection connection = DriverManager.getConnection(
                this.environment.getProperty("spring.datasource.url"),
                this.environment.getProperty("spring.datasource.username"),
                this.environment.getProperty("spring.datasource.password"))) {
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Test
    @Order(2)
    void aTestMayLeaveThemDead() {
        seenKafka = this.kafka;
        seenPostgres = this.postgres;
        this.kafka.kill();
        this.postgres.freeze();
        assertThat(this.kafka.state()).isEqualTo(State.STOPPED);
    }

    @Test
    @Order(3)
    void theNextTestFindsTheSameOnesRunning() {
        assertThat(this.kafka).isSameAs(seenKafka);
        assertThat(this.kafka.state()).isEqualTo(State.RUNNING);
        assertThat(this.postgres).isSameAs(seenPostgres);
        assertThat(this.postgres.state()).isEqualTo(State.RUNNING);
    }

    @Nested
    class Inside {

        @Test
        void anEnclosingClassGivesThemToo(@Autowired LocalKafka inner) {
            assertThat(inner).isSameAs(seenKafka);
        }
    }

    @Test
    @Order(4)
    void whenConfigurationsDifferThenContextsDo() {
        assertThat(customizer(Plain.class)).isNull();
        assertThat(customizer(OneBroker.class))
                .isEqualTo(customizer(AlsoOneBroker.class))
                .hasSameHashCodeAs(customizer(AlsoOneBroker.class))
                .isNotEqualTo(customizer(TwoBrokers.class));
    }

    @Test
    @Order(5)
    void whenAPropertyMakesNoSenseThenItIsNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> customizer(Wrong.class).customizeContext(new GenericApplicationContext(), null))
                .withMessageContaining("'nonsense'")
                .withMessageContaining("name=value");
    }

    @Test
    @Order(5)
    void whenOneDoesNotStartThenTheOtherEnds() {
        List<ProcessHandle> before = ProcessHandle.current().children().toList();
        assertThatIllegalArgumentException().isThrownBy(() -> customizer(WrongBesidePostgres.class)
                .customizeContext(new GenericApplicationContext(), null));
        assertThat(ProcessHandle.current().children().toList()).containsExactlyInAnyOrderElementsOf(before);
    }

    @Test
    @Order(6)
    void whenTheContextClosesThenItsServersEnd() {
        GenericApplicationContext context = new GenericApplicationContext();
        customizer(OneBroker.class).customizeContext(context, null);
        context.refresh();
        LocalKafka own = context.getBean(LocalKafka.class);
        assertThat(own.state()).isEqualTo(State.RUNNING);
        context.close();
        assertThat(own.state()).isEqualTo(State.STOPPED);
    }

    private static ContextCustomizer customizer(Class<?> testClass) {
        return new LocalServersContextCustomizerFactory().createContextCustomizer(testClass, List.of());
    }

    static class Plain {}

    @WithLocalKafka
    static class OneBroker {}

    static class AlsoOneBroker extends OneBroker {}

    @WithLocalKafka(brokers = 2)
    static class TwoBrokers {}

    @WithLocalKafka(properties = "nonsense")
    static class Wrong {}

    @WithLocalKafka(properties = "nonsense")
    @WithLocalPostgres
    static class WrongBesidePostgres {}
}
