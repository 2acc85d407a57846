#include "sales/names.h"

#include "base/text.h"
#include "support/test.h"

TEST(names_are_settled)
{
    static const struct {
        const char *written, *clean;
    } rows[] = {
        {"tomato", "tomato"},
        {"Tomate", "tomato"},
        {"TOMATOES", "tomato"},
        {"tomates", "tomato"},
        {"Tomatto", "tomato"},
        {"tomaot", "tomato"},
        {" tomato\t", "tomato"},
        {"Pear", "pear"},
        {"Peer", "pear"},
        {"Pera", "pear"},
        {"Poire", "pear"},
        {"poires", "pear"},
        {"Brusel Sprout", "brussels sprout"},
        {"Brussel Sprout", "brussels sprout"},
        {"Brussell Sprout", "brussels sprout"},
        {"Brusselsprout", "brussels sprout"},
        {"brussels-sprouts", "brussels sprout"},
        {"Choux de Bruxelles", "brussels sprout"},
        {"coles de Bruselas", "brussels sprout"},
        {"\xc3\x89pinards", "spinach"},     /* Épinards */
        {"E\xcc\x81pinards", "spinach"},    /* the accent as a character of its own */
        {"esp\xc3\xa1rragos", "asparagus"}, /* espárragos */
        {"Pi\xc3\xb1"
         "as",
         "pineapple"},           /* Piñas */
        {"ma\xc3\xafs", "corn"}, /* maïs */
        {"choux-fleurs", "cauliflower"},
        {"choufleur", "cauliflower"},
        {"pommes de terre", "potato"},
        {"pomme", "apple"},
        {"Haricots verts", "green bean"},
        {"plátanos", "banana"},
        {"cherries", "cherry"},
        {"melon d\xe2\x80\x99"
         "eau",
         "watermelon"}, /* melon d’eau */
        {"calabacines", "zucchini"},
        {"berenjenas", "eggplant"},
        {"poireaux", "leek"},
        {"carott", "carrot"},
        {"carot", "carrot"},
        {"onoin", "onion"},
        {"potatoe", "potato"},
        {"Brocolli", "broccoli"},
        {"cauliflour", "cauliflower"},
        {"zuchini", "zucchini"},
        {"aubergin", "eggplant"},
        {"bannanas", "banana"},
        {"strawbery", "strawberry"},
    };

    EACH_ROW(rows, r) {
        const char *clean = sales_name_settle(r->written);
        EXPECT_STR(clean ? clean : "(none)", r->clean);
    }
}

TEST(names_are_not_guessed)
{
    static const char *const rows[] = {
        "",
        " ",
        "-",
        "xyz",
        "hammer",
        "to",
        "fog", /* one letter from fig, and too short to guess */
        "otmato",
        "pea pear carrot",
        "\xe6\x97\xa5\xe6\x9c\xac", /* another script */
        "\xff\xfe",
        "a very long name that is longer than any key of the dictionary and so can be none of them",
    };

    EACH_ROW(rows, r) {
        if (sales_name_settle(*r))
            fail_msg("'%s' was taken for '%s'", *r, sales_name_settle(*r));
    }
}

/* Everyday words of the three languages are no vegetables, however near one of them is. */
TEST(names_are_not_made_of_other_words)
{
    static const char words[] =
        "beer wine milk bread cheese butter egg meat beef pork chicken fish salmon rice sugar salt "
        "honey water coffee juice chair house door window garden field flower grass river winter "
        "spring autumn monday peace preacher teach reach bench brand grand grade grace graph trade "
        "frame demon felon salon union opinion range strange manager major baker later letter "
        "bitter matter merry marry carry curry chain plane planet plumber pump jump lumber lead "
        "bead beam beat boot root gate late line fine time dime mine hint paint point horn born "
        "cord cork core park bear fear hear year sale tale male gale opera bill hill fill pill ham "
        "theme rhyme parcel gothic finger singer anger basic basin basis swedish trip salary "
        "gallery cellar paper upper copper helper keeper squid square finish polish paprika napkin "
        "tornado bravado prince since gentle ballot tunnel kennel chief child hard radio studio "
        "record report request service simple sample battery bottle basket market price product "
        "maison fenetre porte jardin champ herbe montagne hiver pain beurre lait boeuf porc "
        "poisson riz miel biere soupe gateau pate patience homme gomme somme boire foire noire "
        "voire poids mois bois fois choix chose chaud cheval carton carte client court courage "
        "facture ligue langue marche marque baron navire bureau poitrine saison balade vente "
        "semaine annee jour mesa silla casa ventana puerta campo flor agua verano invierno queso "
        "leche huevo carne vaca cerdo pollo pescado arroz cerveza pasta plata planta perro sera "
        "granja millon presa mina fina ojo hijo caballo techo camino cabeza movimiento ciudad "
        "tienda pedido dinero banco champion course shallow margarine choucroute poivre pimienta "
        "orage";
    char copy[sizeof words], *rest = copy, *word;

    memcpy(copy, words, sizeof words);
    while ((word = strsep(&rest, " ")))
        if (sales_name_settle(word))
            fail_msg("'%s' was taken for '%s'", word, sales_name_settle(word));
}

/* Every name of the dictionary, in capitals and in the plural, means its own vegetable. */
TEST(names_of_the_dictionary_mean_themselves)
{
    EXPECT(sales_names_count() >= 80);
    for (size_t i = 0; i < sales_names_count(); i++) {
        struct text all = {0};
        char *rest, *name;
        text_add_format(&all, "%s|%s", sales_names_clean(i), sales_names_other(i));
        rest = all.bytes;
        while ((name = strsep(&rest, "|"))) {
            char form[2][256];
            snprintf(form[0], sizeof form[0], "%s", name);
            for (char *c = form[0]; *c; c++)
                *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
            snprintf(form[1], sizeof form[1], name[strlen(name) - 1] == 's' ? "%s" : "%ss", name);
            for (size_t f = 0; f < 2; f++) {
                const char *clean = sales_name_settle(form[f]);
                if (!clean || strcmp(clean, sales_names_clean(i)) != 0)
                    fail_msg("'%s' of '%s' is '%s'", form[f], sales_names_clean(i),
                             clean ? clean : "(none)");
            }
        }
        text_clear(&all);
    }
}
